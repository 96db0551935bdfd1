#include "record/module_table.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "base/hex.h"
#include "os/target_file.h"

namespace strobe::record {
namespace {

constexpr uint64_t kPageSize = 4096;

ModuleKind kind_of(const MapEvent& event) {
  if (event.path == "[vdso]") return ModuleKind::vdso;
  const bool file = event.path.starts_with('/') && !event.path.starts_with("//anon") &&
                    !event.path.starts_with("/dev/zero") && !event.path.starts_with("/SYSV");
  return file ? ModuleKind::file : ModuleKind::jit;
}

bool names_starter(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("python3") || name.starts_with("libc.so") || name.starts_with("libc-2") ||
         name.starts_with("libpthread") || name.starts_with("ld-musl") || name.starts_with("ld-linux");
}

}  // namespace

uint64_t bias_of(const std::vector<elf::Segment>& code, uint64_t start, uint64_t file_offset) {
  for (const elf::Segment& segment : code) {
    const uint64_t page_offset = segment.offset & ~(kPageSize - 1);
    if (file_offset < page_offset || file_offset - page_offset >= segment.file_size + kPageSize) continue;
    return start - (raw(segment.address) - segment.offset + file_offset);
  }
  return start - file_offset;
}

Mapping ModuleTable::map(const MapEvent& event, ProcessId process) {
  const ModuleKind kind = kind_of(event);
  Mapping mapping{RuntimeAddr{event.start}, RuntimeAddr{event.start + event.size}, 0, {}};
  if (kind == ModuleKind::jit) {
    mapping.module = pseudo(ModuleKind::jit, process);
    return mapping;
  }
  mapping.module = find_or_open(event, process, kind);
  mapping.bias = bias_of(modules_[mapping.module.index()].code, event.start, event.file_offset);
  return mapping;
}

ModuleId ModuleTable::find_or_open(const MapEvent& event, ProcessId process, ModuleKind kind) {
  // A file replaced by a new one has another inode; the path is part of the key because overlay file
  // systems give several files one device and inode.
  const std::string identity =
      fmt::format("{}:{}:{}:{}", event.device_major, event.device_minor, event.inode, event.path);
  if (const auto known = by_identity_.find(identity); known != by_identity_.end()) return known->second;
  Module module;
  module.row.kind = kind;
  module.row.process = process;
  module.row.build_id = to_hex(event.build_id);
  module.name = std::string(event.path);
  module.starter = names_starter(event.path);
  load(module, event);
  const ModuleId id = add(std::move(module));
  by_identity_.emplace(identity, id);
  return id;
}

void ModuleTable::load(Module& module, const MapEvent& event) {
  Result<MappedFile> file = fail(ErrorCode::not_found, "no file");
  if (module.row.kind == ModuleKind::vdso) {
    if (auto image = os::read_vdso_image()) file = MappedFile::own(std::move(*image));
  } else {
    const os::MappedFileId id{std::string(event.path), event.start,        event.start + event.size,
                              event.device_major,      event.device_minor, event.inode};
    if (auto fd = os::open_mapped_file(event.pid, id)) {
      struct stat info {};
      if (::fstat(fd->get(), &info) == 0) {
        module.row.file_size = static_cast<uint64_t>(info.st_size);
        module.row.mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
      }
      file = MappedFile::map(*fd, module.name);
    }
  }
  if (!file) return;
  auto parsed = elf::ElfFile::parse(file->bytes());
  if (!parsed) return;
  for (const elf::Segment& segment : parsed->segments()) {
    if (segment.type == PT_LOAD && (segment.flags & PF_X) != 0) module.code.push_back(segment);
  }
  if (const std::string build_id = parsed->build_id(); !build_id.empty()) module.row.build_id = build_id;
  module.interpreter = python::find_interpreter(*parsed);
  module.row.interpreter = module.interpreter.has_value();
  if (auto cfi = unwind::ModuleCfi::make(std::move(*file))) module.cfi = std::move(*cfi);
}

ModuleId ModuleTable::add(Module module) {
  module.row.path = strings_->intern(module.name);
  modules_.push_back(std::move(module));
  return ModuleId{static_cast<uint32_t>(modules_.size() - 1)};
}

ModuleId ModuleTable::kernel() { return pseudo(ModuleKind::kernel, ProcessId::none()); }

ModuleId ModuleTable::pseudo(ModuleKind kind, ProcessId process) {
  const std::string_view name = kind == ModuleKind::kernel ? "[kernel]"
                                : kind == ModuleKind::jit  ? "[jit]"
                                                           : "[unknown]";
  const std::string identity = fmt::format("{} {}", name, process.value);
  if (const auto known = by_identity_.find(identity); known != by_identity_.end()) return known->second;
  Module module;
  module.row.kind = kind;
  module.row.process = process;
  module.name = std::string(name);
  const ModuleId id = add(std::move(module));
  by_identity_.emplace(identity, id);
  return id;
}

const python::InterpreterModule* ModuleTable::find_interpreter(ModuleId module) const {
  if (module.index() >= modules_.size() || !modules_[module.index()].interpreter) return nullptr;
  return &*modules_[module.index()].interpreter;
}

void ModuleTable::take_new(RecordingDelta& delta) {
  delta.first_module = static_cast<uint32_t>(taken_);
  for (; taken_ < modules_.size(); ++taken_) delta.modules.push_back(modules_[taken_].row);
}

}  // namespace strobe::record
