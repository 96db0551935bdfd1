#include "report/memory_units.h"

#include <gtest/gtest.h>

#include "report/text_bars.h"

namespace strobe::report {
namespace {

TEST(BytesText, HasAUnitAndNeverAThousandOfIt) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(bytes_text(61.0 * 1024 * 1024), "61.0 MiB");
  EXPECT_EQ(bytes_text(1.8e19), "15987.2 PiB");
}

TEST(Sparkline, FromNothingToTheMost) {
  EXPECT_EQ(sparkline({0, 1, 50, 100}, 100), " ▁▄█");
  EXPECT_EQ(sparkline({0, 5}, 0), " ▁");
  EXPECT_EQ(sparkline({200}, 100), "█");
  EXPECT_EQ(sparkline({}, 5), "");
}

}  // namespace
}  // namespace strobe::report
