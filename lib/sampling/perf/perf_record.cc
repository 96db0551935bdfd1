#include "sampling/perf/perf_record.h"

#include <cstring>

namespace strobe::sampling {
namespace {

// sample_id at the end of every record but samples: pid, tid; time; cpu, reserved; identifier.
constexpr size_t kTrailerBytes = 32;
constexpr size_t kTrailerTimeFromEnd = 24;
// In a sample: header, identifier, ip, pid and tid come first.
constexpr size_t kSampleTimeOffset = 32;

struct Trailer {
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t time_ns = 0;
  uint64_t event_id = 0;
};

pid_t read_pid(ByteReader& reader) { return reader.read<int32_t>(); }

Trailer decode_trailer(Bytes bytes) {
  ByteReader reader(bytes);
  Trailer trailer;
  trailer.pid = read_pid(reader);
  trailer.tid = read_pid(reader);
  trailer.time_ns = reader.read_u64();
  reader.skip(8);  // cpu
  trailer.event_id = reader.read_u64();
  return trailer;
}

/// The kernel's part of a chain: what lies between its marker and the next one.
std::span<const uint64_t> kernel_part(std::span<const uint64_t> chain) {
  size_t begin = chain.size();
  for (size_t i = 0; i < chain.size(); ++i) {
    if (chain[i] < static_cast<uint64_t>(PERF_CONTEXT_MAX)) continue;
    if (begin < chain.size()) return chain.subspan(begin, i - begin);
    if (chain[i] == static_cast<uint64_t>(PERF_CONTEXT_KERNEL)) begin = i + 1;
  }
  return chain.subspan(begin);
}

void decode_chain(ByteReader& reader, RawSample& sample) {
  const uint64_t count = reader.read_u64();
  if (count > reader.remaining() / sizeof(uint64_t)) {
    reader.seek(SIZE_MAX);
    return;
  }
  const Bytes bytes = reader.read_bytes(static_cast<size_t>(count) * sizeof(uint64_t));
  sample.kernel_frames =
      kernel_part({reinterpret_cast<const uint64_t*>(bytes.data()), static_cast<size_t>(count)});
}

void decode_stack(ByteReader& reader, RawSample& sample) {
  const uint64_t size = reader.read_u64();
  if (size == 0) return;  // no user memory: then no dyn_size follows either
  if (size > reader.remaining()) {
    reader.seek(SIZE_MAX);
    return;
  }
  const Bytes bytes = reader.read_bytes(static_cast<size_t>(size));
  const uint64_t used = reader.read_u64();
  if (used > size) {
    reader.seek(SIZE_MAX);
    return;
  }
  sample.stack = bytes.first(static_cast<size_t>(used));
  sample.stack_full = used == size;
}

PerfRecord decode_sample(ByteReader& reader, const RecordLayout& layout) {
  SampleRecord record;
  RawSample& sample = record.sample;
  record.event_id = reader.read_u64();
  reader.skip(8);  // ip: the innermost kernel frame or the user's ip has it
  sample.pid = read_pid(reader);
  sample.tid = read_pid(reader);
  sample.time_ns = reader.read_u64();
  sample.cpu = reader.read_u32();
  reader.skip(4);
  if (layout.kernel_chain) decode_chain(reader, sample);
  const uint64_t abi = reader.read_u64();
  if (abi == kRegistersAbi64) {
    sample.has_registers = true;
    sample.registers = decode_user_registers(reader);
  } else if (abi != PERF_SAMPLE_REGS_ABI_NONE) {
    static_cast<void>(decode_user_registers(reader));
  }
  if (layout.user_stack) decode_stack(reader, sample);
  if (!sample.has_registers) {  // without a stack pointer the bytes have no address
    sample.stack = {};
    sample.stack_full = false;
  }
  return record;
}

PerfRecord decode_task(ByteReader& reader, bool fork) {
  const pid_t pid = read_pid(reader);
  const pid_t parent_pid = read_pid(reader);
  const pid_t tid = read_pid(reader);
  const pid_t parent_tid = read_pid(reader);
  const uint64_t time_ns = reader.read_u64();
  if (!fork) return ExitEvent{.time_ns = time_ns, .pid = pid, .tid = tid};
  return ForkEvent{
      .time_ns = time_ns, .pid = pid, .tid = tid, .parent_pid = parent_pid, .parent_tid = parent_tid};
}

PerfRecord decode_comm(ByteReader& reader, const perf_event_header& header, const Trailer& trailer) {
  CommEvent event{.time_ns = trailer.time_ns};
  event.pid = read_pid(reader);
  event.tid = read_pid(reader);
  event.name = reader.read_c_string();
  event.exec = (header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
  return event;
}

PerfRecord decode_mmap2(ByteReader& reader, const perf_event_header& header, const Trailer& trailer) {
  MapEvent event{.time_ns = trailer.time_ns};
  event.pid = read_pid(reader);
  event.tid = read_pid(reader);
  event.start = reader.read_u64();
  event.size = reader.read_u64();
  event.file_offset = reader.read_u64();
  if ((header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) != 0) {
    const uint8_t size = reader.read_u8();
    reader.skip(3);
    const Bytes build_id = reader.read_bytes(20);
    event.build_id = checked_subspan(build_id, 0, size);
  } else {
    event.device_major = reader.read_u32();
    event.device_minor = reader.read_u32();
    event.inode = reader.read_u64();
    reader.skip(8);  // inode generation
  }
  reader.skip(8);  // protection, flags
  event.path = reader.read_c_string();
  return event;
}

PerfRecord decode_read(ByteReader& reader, const Trailer& trailer) {
  ReadRecord record{.time_ns = trailer.time_ns};
  record.pid = read_pid(reader);
  record.tid = read_pid(reader);
  record.event_id = trailer.event_id;
  record.count = reader.read_u64();
  return record;
}

PerfRecord decode_lost(ByteReader& reader, const Trailer& trailer) {
  reader.skip(8);  // the event that found the ring full
  return LostRecord{.time_ns = trailer.time_ns, .records = reader.read_u64()};
}

/// Whose switch it is stands in the trailer alone.
PerfRecord decode_switch(const perf_event_header& header, const Trailer& trailer) {
  const bool out = (header.misc & PERF_RECORD_MISC_SWITCH_OUT) != 0;
  return SwitchEvent{.time_ns = trailer.time_ns,
                     .pid = trailer.pid,
                     .tid = trailer.tid,
                     .out = out,
                     .forced = out && (header.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0};
}

PerfRecord decode_body(ByteReader& reader, const perf_event_header& header, const Trailer& trailer) {
  switch (header.type) {
    case PERF_RECORD_FORK:
      return decode_task(reader, true);
    case PERF_RECORD_EXIT:
      return decode_task(reader, false);
    case PERF_RECORD_COMM:
      return decode_comm(reader, header, trailer);
    case PERF_RECORD_MMAP2:
      return decode_mmap2(reader, header, trailer);
    case PERF_RECORD_READ:
      return decode_read(reader, trailer);
    case PERF_RECORD_LOST:
      return decode_lost(reader, trailer);
    case PERF_RECORD_LOST_SAMPLES:
      return LostRecord{.time_ns = trailer.time_ns, .records = reader.read_u64()};
    case PERF_RECORD_SWITCH:
      return decode_switch(header, trailer);
    case PERF_RECORD_THROTTLE:
      return ThrottleRecord{.time_ns = trailer.time_ns, .event_id = trailer.event_id};
    default:
      return OtherRecord{.type = header.type};
  }
}

}  // namespace

Result<PerfRecord> decode_record(Bytes record, const RecordLayout& layout) {
  ByteReader reader(record);
  const auto header = reader.read<perf_event_header>();
  if (!reader.ok() || header.size != record.size()) {
    return fail(ErrorCode::malformed, "perf record: its size does not fit");
  }
  if (reinterpret_cast<uintptr_t>(record.data()) % alignof(uint64_t) != 0) {
    return fail(ErrorCode::malformed, "perf record: not aligned");
  }
  PerfRecord decoded;
  if (header.type == PERF_RECORD_SAMPLE) {
    decoded = decode_sample(reader, layout);
  } else {
    if (record.size() < sizeof header + kTrailerBytes) {
      return fail(ErrorCode::malformed, "perf record: too short for its sample id");
    }
    const size_t body_end = record.size() - kTrailerBytes;
    ByteReader body(record.first(body_end));
    body.skip(sizeof header);
    decoded = decode_body(body, header, decode_trailer(record.subspan(body_end)));
    if (!body.ok()) reader.seek(SIZE_MAX);
  }
  if (!reader.ok()) return fail(ErrorCode::malformed, "perf record: shorter than its contents");
  return decoded;
}

std::optional<uint64_t> decode_record_time(Bytes record) {
  ByteReader reader(record);
  const auto header = reader.read<perf_event_header>();
  if (!reader.ok()) return std::nullopt;
  if (header.type == PERF_RECORD_SAMPLE) {
    reader.seek(kSampleTimeOffset);
  } else {
    if (record.size() < sizeof header + kTrailerBytes) return std::nullopt;
    reader.seek(record.size() - kTrailerTimeFromEnd);
  }
  const uint64_t time_ns = reader.read_u64();
  if (!reader.ok()) return std::nullopt;
  return time_ns;
}

}  // namespace strobe::sampling
