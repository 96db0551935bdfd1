// Decodes one record of a perf ring. Pure: bytes in, a struct out; every length is checked, so that corrupt
// bytes give an Error and never a read outside. Spans and strings in the result point into the bytes.
//
// Every event of the engine is opened with the same kSampleType (and sample_id_all), so records can be
// decoded without knowing which event wrote them.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <optional>
#include <variant>

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/events.h"
#include "model/raw_sample.h"

namespace strobe::sampling {

inline constexpr uint64_t kSampleType = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                                        PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_REGS_USER;

/// What the events add to kSampleType.
struct RecordLayout {
  bool kernel_chain = false;  ///< PERF_SAMPLE_CALLCHAIN, of the kernel only
  bool user_stack = false;    ///< PERF_SAMPLE_STACK_USER
  [[nodiscard]] uint64_t sample_type() const {
    return kSampleType | (kernel_chain ? uint64_t{PERF_SAMPLE_CALLCHAIN} : 0) |
           (user_stack ? uint64_t{PERF_SAMPLE_STACK_USER} : 0);
  }
};

struct SampleRecord {
  uint64_t event_id = 0;
  RawSample sample;
};

/// The count of a thread's inherited event on one CPU, written when the thread exits.
struct ReadRecord {
  uint64_t time_ns = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t event_id = 0;
  uint64_t count = 0;
};

struct LostRecord {
  uint64_t time_ns = 0;
  uint64_t records = 0;
};

struct ThrottleRecord {
  uint64_t time_ns = 0;
  uint64_t event_id = 0;
};

/// A kind of record that the engine has no use for.
struct OtherRecord {
  uint32_t type = 0;
};

using PerfRecord = std::variant<OtherRecord, SampleRecord, ForkEvent, ExitEvent, CommEvent, MapEvent,
                                ReadRecord, LostRecord, ThrottleRecord, SwitchEvent>;

/// `record` is one whole record with its header, 8-byte aligned as rings have them.
Result<PerfRecord> decode_record(Bytes record, const RecordLayout& layout);

/// When the record was written, without decoding it; nullopt where it is too short to say.
[[nodiscard]] std::optional<uint64_t> decode_record_time(Bytes record);

/// attr.sample_regs_user of this architecture, and the values in the kernel's order put into DWARF order.
extern const uint64_t kUserRegisterMask;
[[nodiscard]] Registers decode_user_registers(ByteReader& reader);
/// The abi word of 64-bit registers (32-bit code has another one and another stack layout).
inline constexpr uint64_t kRegistersAbi64 = PERF_SAMPLE_REGS_ABI_64;

}  // namespace strobe::sampling
