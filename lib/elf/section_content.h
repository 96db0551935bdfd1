// What a section holds, packed or not: SHF_COMPRESSED (zlib, zstd), the older .zdebug_* sections, and the xz
// stream of MiniDebugInfo. Pure: bytes in, bytes out. Sizes that the file claims are bounded before memory is
// taken for them. Source: gABI "Section Compression", ELFCOMPRESS_ZSTD of 2022; GNU binutils for .zdebug_*.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "elf/elf_file.h"

namespace strobe::elf {

enum class Packing : uint8_t { none, zlib, zstd };

struct SectionContent {
  Bytes stored;  ///< borrowed from the file, without the header that describes the packing
  Packing packing = Packing::none;
  uint64_t size = 0;  ///< once unpacked
};

/// Fails where the header is cut off or claims what cannot be true (malformed), or the packing is of a kind
/// that is not known (unsupported).
Result<SectionContent> section_content(const ElfFile& file, const Section& section);

/// Unpacks into `target`, which has to be of `content.size` bytes; malformed where it holds more or fewer.
/// zlib: calls `after_step` every 16 MB; what was written is not read again.
Result<void> unpack(const SectionContent& content, std::span<std::byte> target,
                    const std::function<void()>& after_step = {});

/// All of an xz stream; no_resources where it holds more than `max_bytes`.
Result<std::vector<std::byte>> unpack_xz(Bytes packed, size_t max_bytes);

}  // namespace strobe::elf
