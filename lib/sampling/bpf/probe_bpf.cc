#include "sampling/bpf/probe_bpf.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>

#include "base/unique_fd.h"

namespace strobe::sampling::bpf {

Attempt try_load_program() {
  static constexpr char kLicense[] = "GPL";
  std::array<bpf_insn, 2> program{};
  program[0] = {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0};
  program[1] = {.code = BPF_JMP | BPF_EXIT};
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_PERF_EVENT;
  attr.insn_cnt = program.size();
  attr.insns = std::bit_cast<uint64_t>(program.data());
  attr.license = std::bit_cast<uint64_t>(&kLicense[0]);
  const UniqueFd fd(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr)));
  if (fd) return {Attempt::Outcome::worked};
  return {Attempt::Outcome::refused, errno};
}

}  // namespace strobe::sampling::bpf
