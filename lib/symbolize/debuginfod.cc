#include "symbolize/debuginfod.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace strobe::symbolize {
namespace {

constexpr const char* kLibrary = "libdebuginfod.so.1";
using Clock = std::chrono::steady_clock;

struct CharDeleter {
  void operator()(char* text) const { std::free(text); }
};

/// Unloading a library that started threads and registered callbacks is not safe: it stays.
template <class Function>
bool load(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::string megabytes(long bytes) { return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6); }

}  // namespace

/// The functions of elfutils' debuginfod.h (0.179 and later) that are used.
struct Debuginfod::Library {
  using Client = void;
  Client* (*begin)() = nullptr;
  int (*find_debuginfo)(Client*, const unsigned char* build_id, int size, char** path) = nullptr;
  void (*set_progress)(Client*, int (*)(Client*, long, long)) = nullptr;
  void (*set_user_data)(Client*, void*) = nullptr;
  void* (*get_user_data)(Client*) = nullptr;
  void (*end)(Client*) = nullptr;

  static Result<std::unique_ptr<Library>> open() {
    void* handle = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    auto library = std::make_unique<Library>();
    if (handle == nullptr || !load(handle, "debuginfod_begin", library->begin) ||
        !load(handle, "debuginfod_find_debuginfo", library->find_debuginfo) ||
        !load(handle, "debuginfod_set_progressfn", library->set_progress) ||
        !load(handle, "debuginfod_set_user_data", library->set_user_data) ||
        !load(handle, "debuginfod_get_user_data", library->get_user_data) ||
        !load(handle, "debuginfod_end", library->end)) {
      return fail(ErrorCode::unsupported, std::string(kLibrary) + " is missing",
                  "install it (Debian: libdebuginfod1)");
    }
    return library;
  }
};

/// One download, as its progress callback sees it.
struct Debuginfod::Transfer {
  const DebuginfodOptions* options = nullptr;
  std::string name;
  Clock::time_point start = Clock::now();
  Clock::time_point last_change = start;
  long done = -1;
  bool given_up = false;
};

namespace {
// The callback gets the client only, and the function that reads its user data is a loaded one. Written once,
// before the first client.
void* (*read_user_data)(void*) = nullptr;
}  // namespace

Debuginfod::Debuginfod(DebuginfodOptions options) : options_(std::move(options)) {}

Debuginfod::~Debuginfod() = default;

/// Called at least once a second. `whole` is 0 until a server has said how much it sends; `done` counts calls
/// then.
int Debuginfod::on_progress(void* client, long done, long whole) {
  auto* transfer = static_cast<Transfer*>(read_user_data(client));
  const Clock::time_point now = Clock::now();
  if (whole > 0 && done != transfer->done) {
    transfer->done = done;
    transfer->last_change = now;
  }
  const DebuginfodOptions& options = *transfer->options;
  transfer->given_up =
      now - transfer->last_change > options.patience || now - transfer->start > options.longest;
  if (options.show_progress && !transfer->given_up) {
    const std::string amount =
        whole > 0 ? fmt::format(": {} of {} MB", megabytes(done), megabytes(whole)) : std::string();
    options.show_progress("fetching debug information of " + transfer->name + amount);
  }
  return transfer->given_up ? 1 : 0;
}

Result<std::string> Debuginfod::fetch(const std::string& build_id, const std::string& name) {
  if (library_ == nullptr) {
    auto opened = Library::open();
    if (!opened) return pass(std::move(opened));
    library_ = std::move(*opened);
    read_user_data = library_->get_user_data;
  }
  void* client = library_->begin();
  if (client == nullptr) return fail(ErrorCode::no_resources, "debuginfod's client does not start");
  Transfer transfer{.options = &options_, .name = name};
  library_->set_user_data(client, &transfer);
  library_->set_progress(client, &Debuginfod::on_progress);
  char* path = nullptr;
  // With size 0 the build-id is hexadecimal text.
  const int fd =
      library_->find_debuginfo(client, reinterpret_cast<const unsigned char*>(build_id.c_str()), 0, &path);
  library_->end(client);
  const std::unique_ptr<char, CharDeleter> owned_path(path);
  if (options_.show_progress) options_.show_progress("");
  if (fd >= 0) {
    ::close(fd);
    return std::string(path != nullptr ? path : "");
  }
  const std::string what = "debuginfod: " + name;
  if (transfer.given_up) {
    return fail(ErrorCode::io,
                fmt::format("{}: the server did not go on within {} s", what, options_.patience.count()));
  }
  if (fd == -ENOENT) return fail(ErrorCode::not_found, what + " is not known to the server");
  if (fd == -ENOSYS) {
    return fail(ErrorCode::invalid_argument, "debuginfod: no server is named",
                "set DEBUGINFOD_URLS, or use --debuginfod=URL");
  }
  return tl::unexpected<Error>(make_errno_error(-fd, what));
}

Result<std::string> Debuginfod::find_debug_file(const std::string& build_id, const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (failure_) return tl::unexpected<Error>(*failure_);
  auto path = fetch(build_id, name);
  if (!path && path.error().code != ErrorCode::not_found) failure_ = path.error();
  return path;
}

}  // namespace strobe::symbolize
