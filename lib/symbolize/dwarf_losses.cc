#include "symbolize/dwarf_losses.h"

#include <fmt/format.h>

namespace strobe::symbolize {
namespace {

constexpr size_t kMaxPathBytes = 512;  // it is whatever the file says

std::string_view words_for(SplitLoss reason) {
  switch (reason) {
    case SplitLoss::missing:
      return "is missing";
    case SplitLoss::not_ordinary:
      return "is not an ordinary file";
    case SplitLoss::unsteady:
      return "may change while it is read, and cannot be leased (fcntl, F_SETLEASE)";
    case SplitLoss::unreadable:
    case SplitLoss::none:
      break;
  }
  return "cannot be read, or is of another build";
}

std::string units(size_t count) { return fmt::format("{} unit{}", count, count == 1 ? "" : "s"); }

}  // namespace

void DwarfLosses::merge(const DwarfLosses& other) {
  was_changing = was_changing || other.was_changing;
  units.insert(other.units.begin(), other.units.end());
}

std::vector<std::string> describe_losses(const DwarfLosses& losses, const std::string& module,
                                         const std::string& package) {
  std::vector<std::string> sentences;
  if (losses.was_changing) {
    sentences.push_back(
        module +
        " or a file of its debug information was being changed while it was read: some of its "
        "names and lines are missing");
  }
  if (!losses.supplement.empty()) {
    sentences.push_back(
        fmt::format("names and lines of {}: its supplement {} (dwz) is missing or of another build", module,
                    losses.supplement.substr(0, kMaxPathBytes)));
  }
  std::map<SplitLoss, std::vector<const LostUnit*>> by_reason;
  for (const auto& [number, unit] : losses.units) by_reason[unit.reason].push_back(&unit);
  for (const auto& [reason, lost] : by_reason) {
    const std::string start = fmt::format("{} of {} without inlined functions: ", units(lost.size()), module);
    if (reason == SplitLoss::missing && !package.empty()) {
      sentences.push_back(start + package + " does not have them (a package of .dwo files), or is damaged");
      continue;
    }
    const std::string more = lost.size() > 1 ? fmt::format(", {} more likewise", lost.size() - 1) : "";
    sentences.push_back(fmt::format("{}{} {}{}", start, lost.front()->path.substr(0, kMaxPathBytes),
                                    words_for(reason), more));
  }
  return sentences;
}

}  // namespace strobe::symbolize
