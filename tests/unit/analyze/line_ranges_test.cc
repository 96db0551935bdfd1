// Which lines are shown around samples: gaps, the ends of text and function, numbers that cannot be.
#include "analyze/line_ranges.h"

#include <gtest/gtest.h>

namespace strobe::analyze {
namespace {

using Ranges = std::vector<LineRange>;

TEST(LineRanges, AreOneWithoutLongGaps) {
  EXPECT_EQ(ranges_around({10, 12, 30}, {}, 100), (Ranges{{10, 32}}));
}

TEST(LineRanges, LeaveOutLongGaps) {
  EXPECT_EQ(ranges_around({10, 31}, {}, 100), (Ranges{{10, 13}, {28, 33}}));
  EXPECT_EQ(ranges_around({10, 30}, {}, 100), (Ranges{{10, 32}}));
}

TEST(LineRanges, EndBeforeTheNextFunction) {
  EXPECT_EQ(ranges_around({10, 12}, {5, 10, 13, 20}, 100), (Ranges{{10, 12}}));
  EXPECT_EQ(ranges_around({10, 12}, {14}, 100), (Ranges{{10, 13}}));
}

TEST(LineRanges, EndWithTheText) {
  EXPECT_EQ(ranges_around({10, 12}, {}, 13), (Ranges{{10, 13}}));
  EXPECT_EQ(ranges_around({10, 50}, {}, 11), (Ranges{{10, 11}, {50, 50}}));
  EXPECT_EQ(ranges_around({50, 52, 53}, {}, 11), (Ranges{{50, 50}, {52, 53}}));
}

TEST(LineRanges, HoldForNumbersThatCannotBe) {
  EXPECT_EQ(ranges_around({}, {}, 10), Ranges{});
  EXPECT_EQ(ranges_around({1, UINT32_MAX - 1, UINT32_MAX}, {UINT32_MAX}, 0),
            (Ranges{{1, 1}, {UINT32_MAX - 1, UINT32_MAX}}));
  EXPECT_EQ(ranges_around({UINT32_MAX}, {}, UINT32_MAX), (Ranges{{UINT32_MAX, UINT32_MAX}}));
}

}  // namespace
}  // namespace strobe::analyze
