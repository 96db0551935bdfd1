#include "support/stepped_program.h"

#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace strobe::test {

namespace {

bool wait_for_stop(pid_t pid, int& status) { return ::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status); }

/// Skips prefixes (REX, segment, branch hints, notrack, address size) of the instruction in `code`.
uint64_t without_prefixes(uint64_t code) {
  for (int i = 0; i < 4; ++i) {
    const auto byte = static_cast<uint8_t>(code);
    if ((byte & 0xf0) != 0x40 && byte != 0x3e && byte != 0xf2 && byte != 0x64 && byte != 0x67) break;
    code >>= 8;
  }
  return code;
}

bool is_call(uint64_t code) {
  code = without_prefixes(code);
  return (code & 0xff) == 0xe8 || ((code & 0xff) == 0xff && (code >> 8 & 0x38) == 0x10);
}

}  // namespace

std::optional<SteppedProgram> SteppedProgram::start(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) {
    ::personality(ADDR_NO_RANDOMIZE);  // the same run every time
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(126);
    char* environment[] = {nullptr};
    ::execve(argv[0], argv.data(), environment);
    ::_exit(127);
  }
  int status = 0;
  if (!wait_for_stop(pid, status)) return std::nullopt;
  SteppedProgram program(pid);
  ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_EXITKILL);
  if (!program.read_state()) return std::nullopt;
  return program;
}

SteppedProgram::SteppedProgram(SteppedProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      registers_(other.registers_),
      code_(other.code_),
      made_system_call_(other.made_system_call_),
      calls_(std::move(other.calls_)) {}

SteppedProgram::~SteppedProgram() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool SteppedProgram::read_state() {
  user_regs_struct regs{};
  if (::ptrace(PTRACE_GETREGS, pid_, nullptr, &regs) != 0) return false;
  const unsigned long long order[] = {regs.rax, regs.rdx, regs.rcx, regs.rbx, regs.rsi, regs.rdi,
                                      regs.rbp, regs.rsp, regs.r8,  regs.r9,  regs.r10, regs.r11,
                                      regs.r12, regs.r13, regs.r14, regs.r15, regs.rip};
  for (size_t i = 0; i < std::size(order); ++i) registers_.value[i] = order[i];
  errno = 0;
  code_ = static_cast<uint64_t>(::ptrace(PTRACE_PEEKTEXT, pid_, regs.rip, nullptr));
  return true;
}

bool SteppedProgram::step() {
  const uint64_t old_pc = registers_.value[x86_64::kRip];
  const uint64_t old_sp = registers_.value[x86_64::kRsp];
  made_system_call_ = (code_ & 0xffff) == 0x050f;
  const bool called = is_call(code_);
  int status = 0;
  if (::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0 || !wait_for_stop(pid_, status) ||
      !read_state()) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) pid_ = -1;
    return false;
  }
  if (called) follow(old_pc, old_sp);
  // A return address is gone once the stack pointer is above its slot (also after longjmp).
  const uint64_t sp = registers_.value[x86_64::kRsp];
  while (!calls_.empty() && calls_.back().slot < sp) calls_.pop_back();
  return true;
}

void SteppedProgram::follow(uint64_t old_pc, uint64_t old_sp) {
  const uint64_t sp = registers_.value[x86_64::kRsp];
  if (sp != old_sp - 8) return;
  const auto pushed = static_cast<uint64_t>(::ptrace(PTRACE_PEEKDATA, pid_, sp, nullptr));
  if (pushed > old_pc && pushed - old_pc <= 15) calls_.push_back({.slot = sp, .return_address = pushed});
}

std::vector<uint64_t> SteppedProgram::truth() const {
  std::vector<uint64_t> out{registers_.value[x86_64::kRip]};
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) out.push_back(call->return_address);
  return out;
}

}  // namespace strobe::test
