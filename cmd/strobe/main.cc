// The command line: chooses a subcommand; everything else is in its own file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "console.h"
#include "exit_status.h"

namespace {

using namespace strobe;
using namespace strobe::cli;

/// Takes the profiled program's words away before options are parsed: they are none of ours.
std::vector<std::string> split_at_marker(std::vector<std::string>& words) {
  const auto marker = std::find(words.begin(), words.end(), "--");
  if (words.empty() || words.front() != "run" || marker == words.end()) return {};
  std::vector<std::string> after(marker + 1, words.end());
  words.erase(marker, words.end());
  return after;
}

/// The first word where it was meant to be a subcommand and is none.
bool is_unknown_subcommand(const CLI::App& app, const std::vector<std::string>& words) {
  std::set<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.insert(command->get_name());
  return !words.empty() && !words.front().starts_with('-') && known.count(words.front()) == 0;
}

/// --help and --version; what they print.
std::string success_text(const CLI::App& app, const CLI::Success& success) {
  std::ostringstream text;
  app.exit(success, text, text);
  return text.str();
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::string& first_word) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const std::string command = chosen.empty() ? "strobe" : "strobe " + chosen.front()->get_name();
  const bool unknown_option = chosen.empty() && first_word.starts_with('-');
  return report_error({ErrorCode::invalid_argument,
                       unknown_option ? "unknown option " + first_word : std::string(error.what()),
                       "see: " + command + " --help"});
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  CLI::App app{"Strobe: a sampling profiler for Linux", "strobe"};
  app.set_version_flag("--version", "strobe " STROBE_VERSION, "Print the version and exit");
  set_usage(app, "strobe SUBCOMMAND [options] …");
  app.require_subcommand(1);
  app.footer("strobe SUBCOMMAND --help tells more.");
  const std::vector<std::string> after_marker = split_at_marker(words);
  const std::vector<std::pair<std::string, Action>> actions = {
      {"run", add_run_command(app, after_marker)},
      {"attach", add_attach_command(app)},
      {"report", add_report_command(app)},
  };
  if (is_unknown_subcommand(app, words)) {
    return report_error({ErrorCode::invalid_argument, "unknown subcommand '" + words.front() + "'",
                         "use run, attach or report; see: strobe --help"});
  }
  try {
    // CLI11 takes words from the end.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& success) {  // --help, --version
    write_text(STDOUT_FILENO, success_text(app, success));
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, words.empty() ? std::string() : words.front());
  }
  for (const auto& [name, action] : actions) {
    if (app.got_subcommand(name)) return action();
  }
  return kExitStrobeFailed;
}
