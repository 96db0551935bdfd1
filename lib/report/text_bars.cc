#include "report/text_bars.h"

#include <algorithm>
#include <string_view>

namespace strobe::report {

std::string sparkline(const std::vector<double>& slots, double top) {
  constexpr std::string_view kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr double kSteps = 8;
  std::string text;
  for (const double slot : slots) {
    const double height = top > 0 ? std::clamp(slot / top * kSteps, 0.0, kSteps) : 0;
    const size_t step = slot > 0 ? std::max<size_t>(1, static_cast<size_t>(height + 0.5)) : 0;
    text += kBars[step];
  }
  return text;
}

}  // namespace strobe::report
