#include "wall_checks.h"

#include <gtest/gtest.h>

namespace strobe::test {

using nlohmann::json;

json find_thread(const json& report, const std::string& name) {
  for (const json& process : report.at("processes")) {
    for (const json& thread : process.at("threads")) {
      if (thread.value("name", "") == name) return thread;
    }
  }
  return json();
}

double life_of(const json& thread) {
  return thread.at("end_s").get<double>() - thread.at("start_s").get<double>();
}

double sum_states(const json& states) {
  double sum = 0;
  for (const auto& [state, seconds] : states.items()) sum += seconds.get<double>();
  return sum;
}

double seconds_of(const json& states, std::initializer_list<const char*> names) {
  double sum = 0;
  for (const char* name : names) sum += states.value(name, 0.0);
  return sum;
}

void expect_lives(const json& report, double paused_s) {
  for (const json& process : report.at("processes")) {
    for (const json& thread : process.at("threads")) {
      const double life = life_of(thread) - paused_s;
      EXPECT_NEAR(sum_states(thread.at("states")), life, life * 0.005 + 0.002) << thread.dump();
    }
  }
}

void expect_equal_sums(const json& report) {
  const json& concurrency = report.at("concurrency");
  const double threads = concurrency.at("thread_s").get<double>();
  EXPECT_NEAR(sum_states(concurrency.at("states")), threads, 1e-6 * threads);
  double functions = 0;
  for (const json& function : report.at("functions"))
    functions += sum_states(function.at("self").value("states", json::object()));
  EXPECT_NEAR(functions, threads, 1e-6 * threads);
}

void expect_known(const json& report, double share) {
  const json& concurrency = report.at("concurrency");
  EXPECT_LE(concurrency.at("states").value("unknown", 0.0), share * concurrency.at("thread_s").get<double>());
}

}  // namespace strobe::test
