#include "debuginfod_option.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include "console.h"
#include "report/escape.h"
#include "symbolize/debuginfod.h"

namespace strobe::cli {
namespace {

/// DEBUGINFOD_TIMEOUT, which elfutils' clients have as well: seconds of patience with a server.
std::chrono::seconds patience() {
  constexpr int kDefault = 20;
  constexpr int kMost = 600;
  int seconds = kDefault;
  if (const char* text = std::getenv("DEBUGINFOD_TIMEOUT"); text != nullptr) {
    const std::string_view word(text);
    if (std::from_chars(word.data(), word.data() + word.size(), seconds).ec != std::errc())
      seconds = kDefault;
  }
  return std::chrono::seconds(std::clamp(seconds, 1, kMost));
}

void show_progress(const std::string& text) {
  const std::string line = text.empty() ? std::string() : "strobe: " + report::printable(text);
  write_text(STDERR_FILENO, "\r\x1b[K" + line);
}

}  // namespace

void add_debuginfod_option(CLI::App& app, DebuginfodOption& option, const char* group) {
  // Never the next word, which is a recording or a command.
  app.add_flag("--debuginfod", option.url,
               "Fetch missing debug information, from DEBUGINFOD_URLS or --debuginfod=URL")
      ->group(group);
}

Result<void> allow_debuginfod(const DebuginfodOption& option, symbolize::SymbolizeOptions& options) {
  if (option.url.empty()) return {};
  const bool from_environment = option.url == DebuginfodOption::kFromEnvironment;
  const char* servers = std::getenv("DEBUGINFOD_URLS");
  if (from_environment && (servers == nullptr || *servers == '\0')) {
    return fail(ErrorCode::invalid_argument, "--debuginfod: no server is named",
                "set DEBUGINFOD_URLS, or give one: --debuginfod=https://debuginfod.debian.net");
  }
  symbolize::DebuginfodOptions client_options{.patience = patience()};
  if (::isatty(STDERR_FILENO) == 1) client_options.show_progress = show_progress;
  // Shared, because a function that is copied with the options holds it; the last copy ends it.
  const auto client = std::make_shared<symbolize::Debuginfod>(std::move(client_options));
  const std::string url = from_environment ? std::string() : option.url;
  options.fetch_debug_file = [client, url](const std::string& build_id, const std::string& name) {
    // Not before: a launched program has the environment that the user gave it. Once, by the first of the
    // threads that symbolize; elfutils' client is the only reader, and comes after it.
    static std::once_flag once;
    std::call_once(once, [&url] {
      if (!url.empty()) ::setenv("DEBUGINFOD_URLS", url.c_str(), 1);
    });
    return client->find_debug_file(build_id, name);
  };
  return {};
}

}  // namespace strobe::cli
