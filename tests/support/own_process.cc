#include "support/own_process.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace strobe::test {

namespace {

/// In the order of DWARF numbers.
constexpr int kContextOrder[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                 REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

bool read_process(int pid, uint64_t address, std::span<std::byte> out) {
  // Through the kernel, which checks the addresses.
  iovec local{.iov_base = out.data(), .iov_len = out.size()};
  iovec remote{.iov_base = reinterpret_cast<void*>(address), .iov_len = out.size()};
  return ::process_vm_readv(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(out.size());
}

/// The vDSO has no file, only its image.
Result<MappedFile> open_module(int pid, const std::string& path, uint64_t start, uint64_t end) {
  if (path != "[vdso]") return MappedFile::open(path);
  std::vector<std::byte> bytes(end - start);
  if (!read_process(pid, start, bytes)) return from_errno("read the vDSO");
  return MappedFile::own(std::move(bytes));
}

}  // namespace

ProcessImage::ProcessImage(int pid) : pid_(pid == 0 ? ::getpid() : pid) {
  std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    uint64_t start = 0;
    uint64_t end = 0;
    uint64_t offset = 0;
    char rights[5] = {};
    char path[4096] = {};
    const int fields = std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %4095[^\n]",
                                   &start, &end, rights, &offset, path);
    if (fields < 4) continue;
    if (rights[0] == 'r') readable_[start] = end;
    if (rights[2] == 'x') add(path, start, end, offset);
  }
}

void ProcessImage::add(const std::string& path, uint64_t start, uint64_t end, uint64_t file_offset) {
  const ModuleId id{static_cast<uint32_t>(paths_.size())};
  paths_.push_back(path);
  modules_.push_back(nullptr);
  Mapping mapping{.start = RuntimeAddr{start}, .end = RuntimeAddr{end}, .module = id};
  if (path.starts_with('/') || path == "[vdso]") {
    auto file = open_module(pid_, path, start, end);
    auto cfi = file ? unwind::ModuleCfi::make(std::move(*file)) : pass(std::move(file));
    if (cfi) {
      const auto address = (*cfi)->elf().address_of_offset(file_offset);
      if (address) mapping.bias = start - raw(*address);
      modules_.back() = std::move(*cfi);
    }
  }
  space_.insert(mapping);
}

const unwind::ModuleCfi* ProcessImage::find_cfi(ModuleId module) {
  return module.index() < modules_.size() ? modules_[module.index()].get() : nullptr;
}

uint64_t ProcessImage::mapping_end(uint64_t address) const {
  auto after = readable_.upper_bound(address);
  if (after == readable_.begin()) return 0;
  const auto& [start, end] = *std::prev(after);
  return address < end ? end : 0;
}

Registers registers_of(const ucontext_t& context) {
  Registers registers;
  for (size_t i = 0; i < std::size(kContextOrder); ++i) {
    registers.value[i] = static_cast<uint64_t>(context.uc_mcontext.gregs[kContextOrder[i]]);
  }
  return registers;
}

OwnedSample sample_here(const ucontext_t& context, const ProcessImage& image, size_t limit) {
  OwnedSample out;
  out.sample.pid = out.sample.tid = ::getpid();
  out.sample.has_registers = true;
  out.sample.registers = registers_of(context);
  const uint64_t sp = out.sample.registers.value[x86_64::kRsp];
  const uint64_t end = image.mapping_end(sp);
  const size_t size = end == 0 ? 0 : std::min<size_t>(limit, end - sp);
  out.sample.stack_full = size == limit;
  out.stack.resize(size);
  ProcessMemory memory;
  if (!memory.read_memory(sp, out.stack)) out.stack.clear();
  out.sample.stack = out.stack;
  return out;
}

bool BytesReader::read_memory(uint64_t address, std::span<std::byte> out) {
  const uint64_t offset = address - base_;
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) return false;
  std::memcpy(out.data(), bytes_.data() + offset, out.size());
  return true;
}

bool ProcessMemory::read_memory(uint64_t address, std::span<std::byte> out) {
  return read_process(pid_, address, out);
}

}  // namespace strobe::test
