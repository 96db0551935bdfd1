#include "sampling/perf/wake_record.h"

namespace strobe::sampling {
namespace {

// struct trace_entry, which every tracepoint's data begins with: type, flags, preempt count, pid.
constexpr size_t kFlagsOffset = 2;
constexpr uint8_t kInInterrupt = 0x08 | 0x10;  // TRACE_FLAG_HARDIRQ, TRACE_FLAG_SOFTIRQ

}  // namespace

uint64_t decode_sample_id(Bytes record) {
  ByteReader reader(record);
  const auto header = reader.read<perf_event_header>();
  const uint64_t id = reader.read_u64();
  return reader.ok() && header.type == PERF_RECORD_SAMPLE ? id : 0;
}

Result<WakeEvent> decode_wake(Bytes record, size_t pid_offset) {
  ByteReader reader(record);
  const auto header = reader.read<perf_event_header>();
  if (!reader.ok() || header.size != record.size() || header.type != PERF_RECORD_SAMPLE) {
    return fail(ErrorCode::malformed, "wake-up record: its size or kind does not fit");
  }
  WakeEvent event;
  reader.skip(16);  // identifier, ip
  event.waker_pid = reader.read<int32_t>();
  event.waker_tid = reader.read<int32_t>();
  event.time_ns = reader.read_u64();
  reader.skip(8);  // cpu
  const uint32_t size = reader.read_u32();
  const Bytes data = reader.read_bytes(size);
  ByteReader fields(data);
  fields.skip(kFlagsOffset);
  const bool in_interrupt = (fields.read_u8() & kInInterrupt) != 0;
  fields.seek(pid_offset);
  event.tid = fields.read<int32_t>();
  if (!reader.ok() || !fields.ok()) {
    return fail(ErrorCode::malformed, "wake-up record: shorter than its contents");
  }
  if (in_interrupt) event.waker_pid = event.waker_tid = 0;
  return event;
}

}  // namespace strobe::sampling
