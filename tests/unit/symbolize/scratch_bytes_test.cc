// Room on a disk for unpacked sections: what is given back is still there.
#include "symbolize/scratch_bytes.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "elf/section_content.h"

namespace strobe::symbolize {
namespace {

TEST(ScratchBytes, KeepWhatWasUnpackedWhenItsPagesAreDropped) {
  constexpr size_t kSize = (size_t{40} << 20) + 4321;
  auto scratch = ScratchBytes::make(kSize);
  if (!scratch) GTEST_SKIP() << "/var/tmp is not on a disk, or is full";
  std::vector<std::byte> plain(kSize);
  for (size_t i = 0; i < kSize; ++i) plain[i] = static_cast<std::byte>(i / 1000 * 7);
  uLongf packed_size = ::compressBound(kSize);
  std::vector<std::byte> packed(packed_size);
  ASSERT_EQ(::compress2(reinterpret_cast<Bytef*>(packed.data()), &packed_size,
                        reinterpret_cast<const Bytef*>(plain.data()), kSize, 1),
            Z_OK);
  const elf::SectionContent content{
      .stored = Bytes(packed).first(packed_size), .packing = elf::Packing::zlib, .size = kSize};
  int steps = 0;
  ASSERT_TRUE(elf::unpack(content, scratch->bytes(), [&] {
    ++steps;
    scratch->drop_pages();
  }));
  EXPECT_GE(steps, 3);  // one per 16 MB
  const ScratchBytes moved = std::move(*scratch);
  EXPECT_TRUE(scratch->bytes().empty());
  moved.drop_pages();
  EXPECT_TRUE(std::ranges::equal(moved.bytes(), plain));
}

TEST(ScratchBytes, WithoutRoomThereAreNone) {
  EXPECT_FALSE(ScratchBytes::make(0));
  EXPECT_FALSE(ScratchBytes::make(size_t{1} << 60));
}

}  // namespace
}  // namespace strobe::symbolize
