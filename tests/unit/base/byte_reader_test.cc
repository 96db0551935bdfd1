// Checked reading: what lies beyond the end is never touched, and a reader that failed stays failed.
#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace strobe {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(ByteReader, ReadsLittleEndianFieldsInOrder) {
  const auto bytes = bytes_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 'a', 'b', 0, 0xff});
  ByteReader reader(bytes);
  EXPECT_EQ(reader.read_u8(), 1u);
  EXPECT_EQ(reader.read_u16(), 0x0302u);
  EXPECT_EQ(reader.read_u32(), 0x07060504u);
  EXPECT_EQ(reader.read_bytes(2).size(), 2u);
  EXPECT_EQ(reader.read_c_string(), "ab");
  EXPECT_EQ(reader.offset(), 12u);
  EXPECT_EQ(reader.remaining(), 1u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.read_u16(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.read_u8(), 0u) << "failed for good, although a byte is left";
}

TEST(ByteReader, Leb128) {
  const struct {
    std::vector<std::byte> bytes;
    uint64_t value;
    int64_t signed_value;
    bool ok;
  } cases[] = {
      {bytes_of({0x02}), 2, 2, true},
      {bytes_of({0x7f}), 127, -1, true},
      {bytes_of({0x80, 0x01}), 128, 128, true},
      {bytes_of({0x80, 0x7f}), 0x3f80, -128, true},
      {bytes_of({0xe5, 0x8e, 0x26}), 624485, 624485, true},
      {bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), UINT64_MAX, -1, true},
      {bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}), 0, 0, false},
      {bytes_of({0x80}), 0, 0, false},
      {{}, 0, 0, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes.size());
    ByteReader plain(c.bytes);
    EXPECT_EQ(plain.read_uleb128(), c.value);
    EXPECT_EQ(plain.ok(), c.ok);
    ByteReader with_sign(c.bytes);
    EXPECT_EQ(with_sign.read_sleb128(), c.signed_value);
    EXPECT_EQ(with_sign.ok(), c.ok);
  }
}

TEST(ByteReader, LengthsThatLieFail) {
  const auto bytes = bytes_of({'n', 'o', ' ', 'e', 'n', 'd'});
  for (const size_t size : {size_t{7}, SIZE_MAX, SIZE_MAX - 1}) {
    ByteReader reader(bytes);
    static_cast<void>(reader.read_u8());
    EXPECT_TRUE(reader.read_bytes(size).empty());
    EXPECT_FALSE(reader.ok());
  }
  ByteReader text(bytes);
  EXPECT_EQ(text.read_c_string(), "");
  EXPECT_FALSE(text.ok()) << "no NUL";
  ByteReader sought(bytes);
  sought.seek(6);
  EXPECT_TRUE(sought.ok() && sought.at_end());
  sought.seek(7);
  EXPECT_FALSE(sought.ok());
}

TEST(CheckedSubspan, IsWhollyInsideOrEmpty) {
  const std::vector<std::byte> bytes(10);
  EXPECT_EQ(checked_subspan(bytes, 2, 8).size(), 8u);
  EXPECT_TRUE(checked_subspan(bytes, 2, 9).empty());
  EXPECT_TRUE(checked_subspan(bytes, 11, 0).empty());
  EXPECT_TRUE(checked_subspan(bytes, UINT64_MAX, 2).empty());
  EXPECT_TRUE(checked_subspan(bytes, 2, UINT64_MAX).empty());
}

}  // namespace
}  // namespace strobe
