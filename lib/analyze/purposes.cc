#include "analyze/purposes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "analyze/frame_keys.h"
#include "analyze/stack_sums.h"

namespace strobe::analyze {
namespace {

using namespace std::string_view_literals;

// Sorted: searched by halves.
constexpr std::array kStartupNames = {
    "Py_InitializeEx"sv,
    "Py_InitializeFromConfig"sv,
    "__libc_csu_init"sv,
    "__x64_sys_execve"sv,
    "__x64_sys_execveat"sv,
    "_dl_init"sv,
    "_dl_start"sv,
    "_dl_start_user"sv,
    "_dl_sysdep_start"sv,
    "_do_fork"sv,
    "begin_new_exec"sv,
    "bprm_execve"sv,
    "call_init"sv,
    "copy_process"sv,
    "dl_main"sv,
    "do_execveat_common"sv,
    "do_execveat_common.isra.0"sv,
    "init_import_site"sv,
    "init_interp_main"sv,
    "kernel_clone"sv,
    "load_elf_binary"sv,
    "pyinit_core"sv,
    "pymain_init"sv,
    "runtime.doInit"sv,
    "runtime.schedinit"sv,
};
constexpr std::array kCopyingNames = {
    "Pickler.dump"sv,
    "PyMarshal_ReadObjectFromString"sv,
    "PyMarshal_WriteObjectToString"sv,
    "Unpickler.load"sv,
    "_pickle.Pickler.dump"sv,
    "_pickle.Unpickler.load"sv,
    "_pickle.dump"sv,
    "_pickle.dumps"sv,
    "_pickle.load"sv,
    "_pickle.loads"sv,
    "_pickle_Pickler_dump"sv,
    "_pickle_Unpickler_load"sv,
    "_pickle_dump"sv,
    "_pickle_dumps"sv,
    "_pickle_load"sv,
    "_pickle_loads"sv,
    "marshal.dump"sv,
    "marshal.dumps"sv,
    "marshal.load"sv,
    "marshal.loads"sv,
    "marshal_dump"sv,
    "marshal_dumps"sv,
    "marshal_load"sv,
    "marshal_loads"sv,
};
/// In the kernel, moving data to another process; counted where a run has several.
constexpr std::array kMovingNames = {
    "anon_pipe_read"sv,     "anon_pipe_write"sv,     "do_mq_timedreceive"sv,  "do_mq_timedsend"sv,
    "pipe_read"sv,          "pipe_write"sv,          "process_vm_rw"sv,       "unix_dgram_recvmsg"sv,
    "unix_dgram_sendmsg"sv, "unix_stream_recvmsg"sv, "unix_stream_sendmsg"sv,
};
static_assert(std::ranges::is_sorted(kStartupNames) && std::ranges::is_sorted(kCopyingNames) &&
              std::ranges::is_sorted(kMovingNames));

/// Files of Python's library whose every function is about it, by the ends of their paths.
constexpr std::array kCopyingFiles = {
    "/pickle.py"sv,
    "/multiprocessing/connection.py"sv,
    "/multiprocessing/heap.py"sv,
    "/multiprocessing/queues.py"sv,
    "/multiprocessing/reduction.py"sv,
    "/multiprocessing/shared_memory.py"sv,
};
constexpr std::array kStartupFiles = {
    "<frozen importlib._bootstrap>"sv,
    "<frozen importlib._bootstrap_external>"sv,
    "<frozen site>"sv,
    "<frozen zipimport>"sv,
};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::binary_search(names, name);
}

Purpose purpose_of_python(std::string_view name, std::string_view file) {
  if (std::ranges::count(kStartupFiles, file) != 0) return Purpose::startup;
  // A child that is not forked makes itself ready: what it has to do comes later, from another function.
  if (file.ends_with("/multiprocessing/spawn.py") && name == "prepare") return Purpose::startup;
  const auto is_of = [&](std::string_view ending) { return file.ends_with(ending); };
  return std::ranges::any_of(kCopyingFiles, is_of) ? Purpose::copying : Purpose::own;
}

Purpose purpose_of(const Profile& profile, const FunctionRow& function, bool several_processes) {
  const std::string_view name = profile.text(function.name);
  if (function.language == Language::python) return purpose_of_python(name, profile.text(function.file));
  if (contains(kStartupNames, name)) return Purpose::startup;
  if (contains(kCopyingNames, name)) return Purpose::copying;
  const bool moves = several_processes && function.language == Language::kernel;
  return moves && contains(kMovingNames, name) ? Purpose::copying : Purpose::own;
}

/// What a thread's stack can begin with only before the program does.
bool is_loader(const Profile& profile, const FrameRow& frame) {
  if (frame.module.index() >= profile.modules.size()) return false;
  const std::string name = basename_of(profile.text(profile.modules[frame.module.index()].path));
  return name.starts_with("ld-linux") || name.starts_with("ld-musl");
}

std::vector<Purpose> purposes_of_frames(const Profile& profile) {
  const bool several = profile.processes.size() > 1;
  std::vector<Purpose> functions;
  functions.reserve(profile.functions.size());
  for (const FunctionRow& function : profile.functions) {
    functions.push_back(purpose_of(profile, function, several));
  }
  std::vector<Purpose> frames;
  frames.reserve(profile.frames.size());
  for (const FrameRow& frame : profile.frames) {
    const size_t function = frame.function.index();
    frames.push_back(function < functions.size() ? functions[function] : Purpose::own);
  }
  return frames;
}

Purpose stronger(Purpose a, Purpose b) {
  if (a == Purpose::startup || b == Purpose::startup) return Purpose::startup;
  return a == Purpose::own ? b : a;
}

}  // namespace

std::vector<Purpose> find_purposes(const Profile& profile) {
  const std::vector<Purpose> frames = purposes_of_frames(profile);
  std::vector<Purpose> result(profile.stacks.size(), Purpose::own);
  for (uint32_t i = 0; i < result.size(); ++i) {  // parents come before their children
    const size_t frame = profile.stacks[i].frame.index();
    const StackId parent = parent_of(profile, StackId{i});
    if (frame < frames.size()) {
      result[i] = frames[frame];
      if (parent.is_none() && is_loader(profile, profile.frames[frame])) result[i] = Purpose::startup;
    }
    if (!parent.is_none()) result[i] = stronger(result[i], result[parent.index()]);
  }
  return result;
}

}  // namespace strobe::analyze
