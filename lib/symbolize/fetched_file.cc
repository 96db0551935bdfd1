#include "symbolize/fetched_file.h"

#include <unistd.h>

#include <utility>

namespace strobe::symbolize {
namespace {

bool is_build_id(const std::string& text) {
  return text.size() >= 8 && text.size() % 2 == 0 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

void add_fetched_file(const ModuleRow& module, const std::string& path, const FetchDebugFile& fetch,
                      ModuleFiles& files) {
  if (!fetch || files.debug || (files.module && has_debug_info(files.module->elf))) return;
  std::string build_id = module.build_id;
  if (build_id.empty() && files.module) build_id = files.module->elf.build_id();
  if (!is_build_id(build_id)) return;
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto fetched = fetch(build_id, name);
  if (!fetched) {
    const Error& error = fetched.error();
    if (error.code == ErrorCode::not_found) return;
    files.refused.push_back(error.what + (error.hint.empty() ? "" : ": " + error.hint));
    return;
  }
  auto file = load_debug_file(*fetched);
  if (!file || file->elf.build_id() != build_id) {
    // It would be served from the cache for ever.
    static_cast<void>(::unlink(fetched->c_str()));
    files.refused.push_back("debuginfod: what the server sent for " + name +
                            (file ? " belongs to another build" : " is no ELF file, or cut short"));
    return;
  }
  files.debug = std::move(*file);
  files.mini.reset();
  files.refused.clear();
}

}  // namespace strobe::symbolize
