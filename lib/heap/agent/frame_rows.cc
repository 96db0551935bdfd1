#include "heap/agent/frame_rows.h"

#include <dlfcn.h>

#include <atomic>

#include "unwind/core/cfi_program.h"
#include "unwind/core/compact_row.h"

namespace strobe::heap::agent {
namespace {

/// As glibc 2.35 and later have it in dlfcn.h: found by name, so that the library loads where it is missing.
using FindObject = int (*)(void*, dl_find_object*);
FindObject find_object = nullptr;

// A kept rule is one word: 0 to 12 CFA, 13 to 25 saved frame pointer, 26 to 28 way + 1, 29 to 63 the part of
// the return address that its place in the table does not tell.
constexpr int kPlaceBits = 13;
constexpr int kTagShift = 29;
constexpr uint32_t kMaxCfaWords = (1u << 13) - 1;
constexpr int32_t kSavedLimit = 1 << 12;
constexpr uint64_t kNotSavedField = 0x1000;  // -4096: no place that is used
std::atomic<uint64_t> rules[1 << kPlaceBits];

uint64_t tag_of(uint64_t address) { return address >> kPlaceBits; }
size_t place_of(uint64_t address) {
  return static_cast<size_t>((address ^ tag_of(address)) & ((1u << kPlaceBits) - 1));
}

uint64_t pack(uint64_t address, const FrameRule& rule) {
  const uint64_t saved = rule.saved_words == FrameRule::kNotSaved
                             ? kNotSavedField
                             : static_cast<uint64_t>(rule.saved_words) & 0x1fff;
  return rule.cfa_words | saved << 13 | (static_cast<uint64_t>(rule.way) + 1) << 26 |
         tag_of(address) << kTagShift;
}

FrameRule unpack(uint64_t word) {
  FrameRule rule;
  rule.cfa_words = static_cast<uint32_t>(word & kMaxCfaWords);
  const uint64_t saved = word >> 13 & 0x1fff;
  // 13 bits, signed.
  rule.saved_words = saved == kNotSavedField ? FrameRule::kNotSaved
                                             : static_cast<int32_t>(static_cast<uint32_t>(saved) << 19) >> 19;
  rule.way = static_cast<Way>((word >> 26 & 7) - 1);
  return rule;
}

bool find_module(uint64_t address, dl_find_object& out) {
  return find_object != nullptr && find_object(reinterpret_cast<void*>(address), &out) == 0;
}

enum class Lookup : uint8_t { found, none, bad };

Lookup look_up(uint64_t address, unwind::UnwindRow& row) {
  dl_find_object module;
  if (!find_module(address, module) || module.dlfo_eh_frame == nullptr) return Lookup::none;
  // Loaded files are taken as they are in memory: every address is a runtime address.
  const auto end = reinterpret_cast<uint64_t>(module.dlfo_map_end);
  const auto bytes_at = [end](uint64_t from) {
    return Bytes(reinterpret_cast<const std::byte*>(from), from < end ? end - from : 0);
  };
  const auto header_address = reinterpret_cast<uint64_t>(module.dlfo_eh_frame);
  unwind::EhFrameHeader header;
  if (!unwind::decode_eh_frame_header(bytes_at(header_address), header_address, header)) return Lookup::none;
  const uint64_t place = header.find_fde_address(address);
  if (place < header.eh_frame_address || place >= end) return Lookup::none;
  const unwind::CfiSection section{.bytes = bytes_at(header.eh_frame_address),
                                   .address = header.eh_frame_address};
  unwind::Fde fde;
  if (!unwind::decode_fde(section, place - section.address, fde)) return Lookup::bad;
  if (!fde.contains(address)) return Lookup::none;
  return unwind::decode_row(fde, address, row) ? Lookup::found : Lookup::bad;
}

bool fits(const unwind::CompactRow& row) {
  const bool by_known = row.cfa_register == x86_64::kRsp || row.cfa_register == x86_64::kRbp;
  const bool has_saved = (row.saved_mask & 1) != 0;
  return by_known && !row.indirect && row.cfa_offset > 0 && row.cfa_offset % 8 == 0 &&
         static_cast<uint32_t>(row.cfa_offset / 8) <= kMaxCfaWords &&
         (!has_saved || (row.saved[0] > -kSavedLimit && row.saved[0] < kSavedLimit));
}

FrameRule make_rule(uint64_t address) {
  unwind::UnwindRow row;
  FrameRule rule;
  const Lookup found = look_up(address, row);
  if (found == Lookup::none) return rule;
  rule.way = Way::general;
  unwind::CompactRow compact;
  if (found == Lookup::bad) return rule;
  if (row.rules[row.return_address_register].kind == unwind::RuleKind::undefined) {
    rule.way = Way::outermost;
  } else if (unwind::make_compact(row, address, compact) && fits(compact)) {
    static_assert(unwind::kSavedRegisters[0] == x86_64::kRbp);
    rule.way = compact.cfa_register == x86_64::kRsp ? Way::by_stack_pointer : Way::by_frame_pointer;
    rule.cfa_words = static_cast<uint32_t>(compact.cfa_offset / 8);
    if ((compact.saved_mask & 1) != 0) rule.saved_words = compact.saved[0];
  }
  return rule;
}

}  // namespace

void find_frame_source() {
  find_object = reinterpret_cast<FindObject>(::dlsym(RTLD_DEFAULT, "_dl_find_object"));
}

FrameRule find_rule(uint64_t return_address) {
  const uint64_t address = (return_address - 1) & 0xffff'ffff'ffff;
  std::atomic<uint64_t>& kept = rules[place_of(address)];
  const uint64_t word = kept.load(std::memory_order_relaxed);
  if (word >> kTagShift == tag_of(address) && (word >> 26 & 7) != 0) return unpack(word);
  const FrameRule rule = make_rule(address);
  kept.store(pack(address, rule), std::memory_order_relaxed);
  return rule;
}

bool find_full_row(uint64_t address, unwind::UnwindRow& row) {
  return look_up(address, row) == Lookup::found;
}

bool is_in_module(uint64_t address) {
  dl_find_object module;
  return find_module(address, module);
}

void forget_rules() {
  for (auto& rule : rules) rule.store(0, std::memory_order_relaxed);
}

}  // namespace strobe::heap::agent
