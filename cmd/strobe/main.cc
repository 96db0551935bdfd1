// The command line: chooses a subcommand; everything else is in its own file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "application.h"
#include "console.h"
#include "exit_status.h"
#include "option_text.h"

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

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

/// The first word where it was meant to be a subcommand and is none.
bool is_unknown_subcommand(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || words.front().starts_with('-')) return false;
  const std::vector<std::string> known = subcommand_names(app);
  return std::find(known.begin(), known.end(), words.front()) == known.end();
}

int unknown_subcommand_error(const CLI::App& app, const std::string& word) {
  return report_error({ErrorCode::invalid_argument, "unknown subcommand '" + word + "'",
                       "use " + alternatives(subcommand_names(app)) + "; see: strobe --help"});
}

/// --help and --version; what they print.
std::string success_text(const CLI::App& app, const CLI::Success& success) {
  std::ostringstream text;
  app.exit(success, text, text);
  return text.str();
}

/// What lies between two words of a text; empty where they are not there.
std::string between(const std::string& text, const std::string& before, const std::string& behind) {
  const size_t at = text.find(before);
  const size_t end = at == std::string::npos ? at : text.find(behind, at + before.size());
  return end == std::string::npos ? "" : text.substr(at + before.size(), end - at - before.size());
}

/// CLI11's words for what is wrong, in ours where there are such.
std::string words_of(const CLI::ParseError& error) {
  std::string text = error.what();
  const size_t end_of_name = text.find(':');
  // "--rate: 1 required HZ missing"
  if (const std::string value = between(text, "required ", " missing"); !value.empty()) {
    return text.substr(0, end_of_name) + " needs a value: " + value;
  }
  // "Could not convert: --rows = x": only numbers are converted.
  const std::string option = between(text, "Could not convert: ", " = ");
  if (option.empty()) return text;
  return option + " takes a number, not '" + text.substr(text.find(" = ") + 3) + "'";
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::string& first_word) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const std::string command = chosen.empty() ? "strobe" : "strobe " + chosen.front()->get_name();
  const bool unknown_option = chosen.empty() && first_word.starts_with('-');
  return report_error({ErrorCode::invalid_argument,
                       unknown_option ? "unknown option " + first_word : words_of(error),
                       "see: " + command + " --help"});
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const std::vector<std::string> after_marker = split_at_marker(words);
  const Application application = make_application(after_marker);
  CLI::App& app = *application.app;
  if (is_unknown_subcommand(app, words)) return unknown_subcommand_error(app, words.front());
  try {
    // CLI11 takes words from the end.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& success) {  // --help, --version
    write_text(STDOUT_FILENO, success_text(app, success));
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, words.empty() ? std::string() : words.front());
  }
  for (const auto& [name, action] : application.actions) {
    if (app.got_subcommand(name)) return action();
  }
  return kExitStrobeFailed;
}
