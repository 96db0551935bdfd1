// Checks of wall time in reports: seconds by state, found and added up.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace strobe::test {

/// The thread of that name, of the first process that has one; null where there is none.
[[nodiscard]] nlohmann::json find_thread(const nlohmann::json& report, const std::string& name);

[[nodiscard]] double life_of(const nlohmann::json& thread);
[[nodiscard]] double sum_states(const nlohmann::json& states);
/// Of those named only; what is not there is 0.
[[nodiscard]] double seconds_of(const nlohmann::json& states, std::initializer_list<const char*> names);

/// Every thread of the report: its states are its life less `paused_s`, within 0.5 % and what its first and
/// last switch cost.
void expect_lives(const nlohmann::json& report, double paused_s = 0);
/// Seconds of all threads' states are those of the functions'.
void expect_equal_sums(const nlohmann::json& report);
/// No more than this share of all threads' time is unknown.
void expect_known(const nlohmann::json& report, double share);

}  // namespace strobe::test
