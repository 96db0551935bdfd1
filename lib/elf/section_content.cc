#include "elf/section_content.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace strobe::elf {
namespace {

constexpr uint32_t kCompressZstd = 2;  // ELFCOMPRESS_ZSTD, which elf.h of glibc 2.36 lacks
// Debug information packs to a fifth. What claims more than this was made to take memory, unless it is small.
constexpr uint64_t kMaxRatio = 64;
constexpr uint64_t kSmallBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxBytes = uint64_t{4} << 30;
constexpr uint64_t kXzMemoryBytes = uint64_t{128} << 20;  // `xz -9` needs 65 MiB to unpack

tl::unexpected<Error> malformed() { return fail(ErrorCode::malformed, "damaged compressed section"); }

bool is_plausible(const SectionContent& content) {
  if (content.size > kMaxBytes) return false;
  return content.size <= kSmallBytes || content.size / kMaxRatio <= content.stored.size();
}

Result<void> unpack_zlib(Bytes stored, std::span<std::byte> target, const std::function<void()>& after_step) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) return fail(ErrorCode::no_resources, "no memory to unpack a section");
  int status = Z_OK;
  size_t taken = 0;
  size_t filled = 0;
  constexpr size_t kStep = size_t{16} << 20;  // zlib's counts have 32 bits
  while (status == Z_OK) {
    const size_t in = std::min(stored.size() - taken, kStep);
    const size_t out = std::min(target.size() - filled, kStep);
    // zlib does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(stored.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(target.data() + filled);
    stream.avail_out = static_cast<uInt>(out);
    status = ::inflate(&stream, Z_NO_FLUSH);
    const size_t used = in - stream.avail_in;
    const size_t made = out - stream.avail_out;
    taken += used;
    filled += made;
    if (used == 0 && made == 0) break;
    if (after_step) after_step();
  }
  ::inflateEnd(&stream);
  if (status != Z_STREAM_END || filled != target.size()) return malformed();
  return {};
}

Result<void> unpack_zstd(Bytes stored, std::span<std::byte> target) {
  const size_t made = ::ZSTD_decompress(target.data(), target.size(), stored.data(), stored.size());
  if (::ZSTD_isError(made) != 0 || made != target.size()) return malformed();
  return {};
}

}  // namespace

Result<SectionContent> section_content(const ElfFile& file, const Section& section) {
  const Bytes bytes = file.section_bytes(section);
  SectionContent content{.stored = bytes, .size = bytes.size()};
  ByteReader reader(bytes);
  if ((section.flags & SHF_COMPRESSED) != 0) {
    const auto header = reader.read<Elf64_Chdr>();
    if (!reader.ok()) return malformed();
    if (header.ch_type != ELFCOMPRESS_ZLIB && header.ch_type != kCompressZstd) {
      return fail(ErrorCode::unsupported, "a section is compressed in a way that is not known");
    }
    content.packing = header.ch_type == ELFCOMPRESS_ZLIB ? Packing::zlib : Packing::zstd;
    content.size = header.ch_size;
  } else if (section.name.starts_with(".zdebug_")) {
    const Bytes magic = reader.read_bytes(4);
    const Bytes size = reader.read_bytes(8);                                        // big-endian
    if (!reader.ok() || std::memcmp(magic.data(), "ZLIB", 4) != 0) return content;  // stored as it is
    content.packing = Packing::zlib;
    content.size = 0;
    for (const std::byte byte : size) content.size = content.size << 8 | std::to_integer<uint64_t>(byte);
  } else {
    return content;
  }
  content.stored = bytes.subspan(reader.offset());
  if (!is_plausible(content)) return malformed();
  return content;
}

Result<void> unpack(const SectionContent& content, std::span<std::byte> target,
                    const std::function<void()>& after_step) {
  if (target.size() != content.size) return malformed();
  if (target.empty()) return {};
  switch (content.packing) {
    case Packing::zlib:
      return unpack_zlib(content.stored, target, after_step);
    case Packing::zstd:
      return unpack_zstd(content.stored, target);
    case Packing::none:
      break;
  }
  if (content.stored.size() != target.size()) return malformed();
  std::memcpy(target.data(), content.stored.data(), target.size());
  return {};
}

Result<std::vector<std::byte>> unpack_xz(Bytes packed, size_t max_bytes) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (::lzma_stream_decoder(&stream, kXzMemoryBytes, LZMA_CONCATENATED) != LZMA_OK) {
    return fail(ErrorCode::no_resources, "no memory to unpack a section");
  }
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::vector<std::byte> unpacked;
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK && unpacked.size() < max_bytes) {
    constexpr size_t kStep = size_t{1} << 20;
    const size_t filled = unpacked.size();
    unpacked.resize(std::min(filled + kStep, max_bytes));
    stream.next_out = reinterpret_cast<uint8_t*>(unpacked.data() + filled);
    stream.avail_out = unpacked.size() - filled;
    status = ::lzma_code(&stream, LZMA_FINISH);
    unpacked.resize(unpacked.size() - stream.avail_out);
  }
  ::lzma_end(&stream);
  if (status == LZMA_OK) return fail(ErrorCode::no_resources, "a compressed section is too large");
  if (status != LZMA_STREAM_END) return malformed();
  return unpacked;
}

}  // namespace strobe::elf
