// Reads the Python frames of a sampled thread in the interrupt that takes the sample, where the thread stands
// still: a BPF program on the same perf event. It writes a record of addresses into a ring of its own, which
// Strobe matches with the sample by thread and time; the sample itself is taken as without it.
//
// There are two forms of it. `walk_python` loops by bpf_loop (Linux 5.17), which the kernel checks in a
// millisecond; `walk_python_unrolled` is for older kernels, whose verifier runs through every turn of a loop:
// therefore all that changes from turn to turn is kept in a map's memory, of which the verifier knows
// nothing, and not in registers, whose values would make every path a different one.
#include "sampling/bpf/walk_states.bpf.h"

INLINE void send(struct Walk* walk) {
  u32 count = walk->count;
  if (count > kMaxPythonFrames) count = kMaxPythonFrames;
  walk->record.frame_count = count;
  walk->record.outcome = (u8)walk->outcome;
  const u64 size = sizeof walk->record + count * sizeof(struct RawPythonFrame);
  // Names are read when Strobe wakes: at once where there is a new one, else whenever it looks.
  const u64 wakeup = walk->news ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
  if (bpf_ringbuf_output(&records, walk, size, wakeup) == 0) return;
  const u32 zero = 0;
  u64* count_lost = bpf_map_lookup_elem(&lost, &zero);
  if (count_lost) ++*count_lost;
}

// Wakes Strobe for a process that it does not watch: a child of a Python that was born a moment ago is one
// too, and its samples lack their frames until Strobe has read of its birth.
INLINE void announce_stranger(u32 pid) {
  const u32 zero = 0;
  struct Strangers* known = bpf_map_lookup_elem(&strangers, &zero);
  if (!known || pid == 0) return;
  u32* place = &known->pid[pid & (kStrangers - 1)];
  if (*place == pid) return;
  *place = pid;
  struct PythonRecord record = {};
  record.time_ns = bpf_ktime_get_ns();
  record.pid = pid;
  record.outcome = kPythonWalkStranger;
  bpf_ringbuf_output(&records, &record, sizeof record, BPF_RB_FORCE_WAKEUP);
}

// Process and thread as Strobe knows them, as bpf_get_current_pid_tgid has them; 0 where it does not.
INLINE u64 own_ids(void) {
  struct bpf_pidns_info ids = {};
  if (settings.pid_namespace_inode == 0) return bpf_get_current_pid_tgid();
  if (bpf_get_ns_current_pid_tgid(settings.pid_namespace_device, settings.pid_namespace_inode, &ids,
                                  sizeof ids) != 0) {
    return 0;
  }
  return (u64)ids.tgid << 32 | ids.pid;
}

// The thread's id in the namespace of its process, which is what CPython knows.
INLINE u32 find_native_tid(const struct PythonProcess* process, u64 ids) {
  struct bpf_pidns_info native = {};
  if (process->pid_namespace_inode == 0) return (u32)ids;
  if (bpf_get_ns_current_pid_tgid(process->pid_namespace_device, process->pid_namespace_inode, &native,
                                  sizeof native) != 0) {
    return 0;
  }
  return native.pid;
}

// `registers`: those of the interrupted code.
INLINE int sample(const u64* registers, int by_bpf_loop) {
  const u64 ids = own_ids();
  const u32 pid = ids >> 32;
  const struct PythonProcess* process = bpf_map_lookup_elem(&processes, &pid);
  if (!process) {
    announce_stranger(pid);
    return kSampleIt;
  }
  const u32 cpu = bpf_get_smp_processor_id();
  struct Walk* walk = bpf_map_lookup_elem(&walks, &cpu);
  if (!walk) return kSampleIt;

  walk->record.time_ns = bpf_ktime_get_ns();
  walk->record.interpreter = 0;
  walk->record.pid = pid;
  walk->record.tid = (u32)ids;
  walk->record.holds_gil = 0;
  walk->record.collecting = 0;
  walk->record.parts = 0;
  walk->begun = 0;
  walk->count = 0;
  walk->news = 0;
  walk->code_type = process->code_type;
  walk->tid = find_native_tid(process, ids);
  find_thread(walk, process, ids, by_bpf_loop);
  if (walk->found != 0) read_states(registers, walk, process, by_bpf_loop);
  send(walk);
  return kSampleIt;
}

SEC("perf_event") int walk_python(struct bpf_perf_event_data* context) {
  return sample((const u64*)&context->regs, 1);
}

SEC("perf_event") int walk_python_unrolled(struct bpf_perf_event_data* context) {
  return sample((const u64*)&context->regs, 0);
}

// The helpers that read user memory are for programs under the GPL (too).
char program_license[] SEC("license") = "Dual MIT/GPL";
