// Memory of a Python process as a file: what one look at it read, and what the look began with. Bytes of its
// pages that were not read are zero. For tests of the reader and its fuzzer.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_reader.h"

namespace strobe::test {

class MemoryImage final : public MemoryReader {
 public:
  /// What the file of the interpreter said, and whose memory it is.
  struct Origin {
    uint64_t runtime = 0;
    uint64_t code_type = 0;
    uint32_t version_hex = 0;
    uint32_t minor_by_symbols = 0;
    uint32_t pid = 0;
    uint32_t thread = 0;  ///< one of its threads, besides the main one
  };
  Origin origin;

  /// Whatever can be made of `file`, which may be damaged.
  static MemoryImage decode(Bytes file) {
    MemoryImage image;
    ByteReader reader(file);
    image.origin = reader.read<Origin>();
    while (reader.ok() && !reader.at_end() && image.pages_.size() < kMaxPages) {
      const auto address = reader.read_u64();
      const auto size = reader.read_u32();
      image.store(address, reader.read_bytes(std::min<size_t>(size, reader.remaining())));
    }
    return image;
  }

  [[nodiscard]] std::vector<std::byte> encode() const {
    std::vector<std::byte> file;
    const auto add = [&](const auto& value) {
      const auto bytes = std::as_bytes(std::span(&value, 1));
      file.insert(file.end(), bytes.begin(), bytes.end());
    };
    add(origin);
    for (const auto& [begin, page] : pages_) {
      for (size_t i = 0; i < kPageBytes;) {
        size_t end = i;
        while (end < kPageBytes && page.known[end]) ++end;
        if (end > i) {
          add(begin + i);
          add(static_cast<uint32_t>(end - i));
          file.insert(file.end(), page.bytes.begin() + static_cast<ptrdiff_t>(i),
                      page.bytes.begin() + static_cast<ptrdiff_t>(end));
        }
        i = end + 1;
      }
    }
    return file;
  }

  void store(uint64_t address, Bytes bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      Page& page = pages_[(address + i) & ~(kPageBytes - 1)];
      page.bytes[(address + i) % kPageBytes] = bytes[i];
      page.known.set((address + i) % kPageBytes);
    }
  }

  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override {
    for (size_t done = 0; done < out.size();) {
      const auto page = pages_.find((address + done) & ~(kPageBytes - 1));
      if (page == pages_.end()) return false;
      const size_t inside = (address + done) % kPageBytes;
      const size_t count = std::min(out.size() - done, kPageBytes - inside);
      std::memcpy(out.data() + done, page->second.bytes.data() + inside, count);
      done += count;
    }
    return true;
  }

 private:
  static constexpr size_t kPageBytes = 4096;
  static constexpr size_t kMaxPages = 4096;
  struct Page {
    std::array<std::byte, kPageBytes> bytes{};
    std::bitset<kPageBytes> known;
  };
  std::map<uint64_t, Page> pages_;
};

/// A live process's memory; what is read is kept.
class RecordingMemory final : public MemoryReader {
 public:
  explicit RecordingMemory(MemoryReader& live) : live_(&live) {}
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override {
    if (!live_->read_memory(address, out)) return false;
    image.store(address, out);
    return true;
  }
  MemoryImage image;

 private:
  MemoryReader* live_;
};

}  // namespace strobe::test
