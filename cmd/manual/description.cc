#include "description.h"

#include <memory>
#include <sstream>

#include "commands.h"

namespace strobe::manual {
namespace {

std::string usage_of(const CLI::App& app) {
  const auto formatter = std::dynamic_pointer_cast<CLI::Formatter>(app.get_formatter());
  if (formatter == nullptr) return {};
  std::string line = formatter->make_usage(&app, app.get_name());
  const std::string_view label = "Usage: ";
  if (line.starts_with(label)) line.erase(0, label.size());
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

/// The kinds of things that a placeholder like "FILE|-" or "PID|NAME" stands for.
Offer offer_of(const std::string& placeholder) {
  Offer offer;
  std::istringstream kinds(placeholder);
  for (std::string kind; std::getline(kinds, kind, '|');) {
    offer.files |= kind == "FILE";
    offer.directories |= kind == "DIR" || kind == "DIRECTORY";
    offer.recordings |= kind == "RECORDING" || kind.ends_with(".strobe");
    offer.processes |= kind == "PID";
  }
  return offer;
}

OptionDescription describe_option(CLI::Option& option) {
  OptionDescription result;
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) result.value = option.get_type_name();
  result.text = option.get_description();
  result.group = option.get_group();
  result.repeats = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll ||
                   option.get_items_expected_max() > 1;
  result.offer = offer_of(result.value);
  result.offer.words = cli::offered_values(option);
  result.offer.separator = option.get_delimiter();
  return result;
}

}  // namespace

std::vector<std::string> CommandDescription::option_names() const {
  std::vector<std::string> all;
  for (const OptionDescription& option : options) {
    all.insert(all.end(), option.names.begin(), option.names.end());
  }
  return all;
}

CommandDescription describe(CLI::App& app) {
  CommandDescription result;
  result.name = app.get_name();
  result.text = app.get_description();
  result.usage = usage_of(app);
  result.footer = app.get_footer();
  result.runs_command = app.get_prefix_command();
  for (const std::string& group : app.get_groups()) {
    if (group.empty()) continue;  // CLI11's way of leaving something out of --help
    for (CLI::Option* option : app.get_options({})) {
      if (option->nonpositional() && option->get_group() == group) {
        result.options.push_back(describe_option(*option));
      }
    }
  }
  for (CLI::Option* option : app.get_options({})) {
    if (option->get_positional()) result.arguments.push_back(describe_option(*option));
  }
  for (CLI::App* command : app.get_subcommands({})) result.subcommands.push_back(describe(*command));
  return result;
}

}  // namespace strobe::manual
