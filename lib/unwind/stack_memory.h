// The stack as one unwinding sees it: the bytes copied with the sample, and beyond them the memory of the
// live thread, which is believed only if the words that led there are the same there as in the copy, before
// and after it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_reader.h"

namespace strobe::unwind {

class StackMemory final : public MemoryReader {
 public:
  /// Why the last failed read failed.
  enum class Failure : uint8_t { none, beyond_copy, unreadable };

  /// Begins with a new sample. `copy` is borrowed until the next reset; `may_go_on` is RawSample::stack_full.
  /// With `read_changed`, live memory is read also where it cannot be believed.
  void reset(uint64_t base, Bytes copy, bool may_go_on, MemoryReader* live, bool read_changed = false);

  [[nodiscard]] bool read_u64(uint64_t address, uint64_t& out) {
    const uint64_t offset = address - base_;
    if (offset >= word_limit_) return read_slowly(address, out);
    std::memcpy(&out, copy_ + offset, sizeof out);
    return true;
  }
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override;

  /// Whether the word at `address` is in the copy.
  [[nodiscard]] bool is_copied(uint64_t address) const { return address - base_ < word_limit_; }

  /// The frame about to be left; says which copied words lead to what comes next.
  void enter_frame(uint64_t sp) {
    if (sp - base_ < size_) last_copied_sp_ = sp;
  }
  /// The stack may go on elsewhere, behind a signal frame (sigaltstack) or where a runtime switches stacks.
  void goes_on_elsewhere() { may_go_on_ = true; }

  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] bool used_live() const { return used_live_; }
  /// After the last read: whether what led beyond the copy was unchanged all the time.
  [[nodiscard]] bool confirm_live();

 private:
  bool read_slowly(uint64_t address, uint64_t& out);
  bool load_live(uint64_t address, size_t size);
  bool append_live(uint64_t address);
  [[nodiscard]] bool is_unchanged(uint64_t begin, uint64_t end);
  [[nodiscard]] bool anchor_is_unchanged();
  [[nodiscard]] bool is_above_copy(uint64_t address) const;
  bool fail(Failure failure) {
    failure_ = failure;
    return false;
  }

  uint64_t base_ = 0;
  uint64_t word_limit_ = 0;  ///< offsets below it have a whole word in the copy
  const std::byte* copy_ = nullptr;
  uint64_t size_ = 0;
  uint64_t last_copied_sp_ = 0;
  bool may_go_on_ = false;
  bool read_changed_ = false;
  bool used_live_ = false;
  bool unchanged_ = false;    ///< when live memory was first needed
  bool other_stack_ = false;  ///< the live part is not the continuation of the copy
  Failure failure_ = Failure::none;
  MemoryReader* reader_ = nullptr;
  uint64_t live_base_ = 0;
  uint64_t live_read_ = 0;  ///< bytes read in all, bounded
  std::vector<std::byte> live_;
};

}  // namespace strobe::unwind
