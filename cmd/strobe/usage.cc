// Help pages in one form for all subcommands, and what an option says beyond them.
#include <algorithm>
#include <memory>
#include <sstream>

#include "commands.h"

namespace strobe::cli {
namespace {

class UsageFormatter : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) { column_width(28); }
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: " + usage_ + "\n";
  }
  /// One blank line between groups, where CLI11 has two.
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = Formatter::make_help(app, std::move(name), mode);
    for (size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;) text.erase(at, 1);
    return text;
  }
  /// CLI11 counts bytes where columns are meant: "…" has three bytes.
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string name = make_option_name(option, is_positional) + make_option_opts(option);
    const auto more = std::ranges::count_if(name, [](char c) { return (c & 0xC0) == 0x80; });
    std::string text = Formatter::make_option(option, is_positional);
    const size_t end = 2 + name.size();
    if (end < text.size() && text[end] == ' ') text.insert(end, static_cast<size_t>(more), ' ');
    return text;
  }

 private:
  std::string usage_;
};

constexpr const char* kValues = "values";

}  // namespace

void set_usage(CLI::App& app, const std::string& usage) {
  app.formatter(std::make_shared<UsageFormatter>(usage));
}

// CLI11 keeps nothing with an option but validators. One that is not active is neither run nor printed.
CLI::Option* offer_values(CLI::Option* option, const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined += value + '\n';
  CLI::Validator words(joined);
  words.name(kValues).active(false);
  return option->check(words);
}

std::vector<std::string> offered_values(CLI::Option& option) {
  std::vector<std::string> values;
  try {
    const CLI::Validator words = std::as_const(*option.get_validator(kValues)).active(true);
    std::istringstream lines(words.get_description());
    for (std::string line; std::getline(lines, line);) values.push_back(line);
  } catch (const CLI::OptionNotFound&) {
    // an option without such words
  }
  return values;
}

}  // namespace strobe::cli
