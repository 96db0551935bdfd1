// Field by field comparison of two profiles, naming what differs.
#pragma once

#include "model/recording.h"

namespace strobe::test {

/// Everything but `state`.
void expect_equal(const Profile& actual, const Profile& expected);

}  // namespace strobe::test
