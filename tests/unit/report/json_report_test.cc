#include "report/json_report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using nlohmann::json;

std::string json_of(const Profile& profile) {
  std::string text;
  write_json_report(profile, analyze::select_all(profile), [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(JsonWriter, WritesWhatJsonAllows) {
  std::string text;
  JsonWriter writer([&](std::string_view piece) { text += piece; });
  writer.begin_object();
  writer.member("text", std::string_view("q\"b\\n\n\x01\xff"));
  writer.member("number", 0.1);
  writer.member("none", std::numeric_limits<double>::quiet_NaN());
  writer.member("big", uint64_t{18446744073709551615ull});
  writer.member("absent", std::optional<int32_t>());
  writer.key("empty");
  writer.begin_array();
  writer.end_array();
  writer.end_object();
  writer.finish();
  const json parsed = json::parse(text);
  EXPECT_EQ(parsed["text"], "q\"b\\n\n\x01\xef\xbf\xbd");
  EXPECT_EQ(parsed["number"], 0.1);
  EXPECT_TRUE(parsed["none"].is_null());
  EXPECT_EQ(parsed["big"], 18446744073709551615ull);
  EXPECT_TRUE(parsed["absent"].is_null());
  EXPECT_TRUE(parsed["empty"].empty());
}

TEST(JsonReport, SameNumbersAsTheTable) {
  const json report = json::parse(json_of(test::varied_profile()));
  EXPECT_EQ(report["schema"], "strobe-report/1");
  double self = 0;
  for (const json& function : report["functions"]) self += function["self"]["seconds"].get<double>();
  EXPECT_NEAR(self, 1.6004, 1e-9);
  double stacks = 0;
  for (const json& stack : report["stacks"]) stacks += stack["seconds"].get<double>();
  EXPECT_NEAR(stacks, 1.6, 1e-9);  // what samples cover
  EXPECT_EQ(report["functions"][0]["name"], "add(double, double)");
  EXPECT_EQ(report["processes"][0]["threads"].size(), 3u);
}

TEST(JsonReport, IdsLeadToFunctions) {
  const json report = json::parse(json_of(test::varied_profile()));
  const json& functions = report["functions"];
  for (size_t i = 0; i < functions.size(); ++i) EXPECT_EQ(functions[i]["id"], i);
  for (const json& stack : report["stacks"]) {
    for (const json& frame : stack["frames"]) EXPECT_LT(frame["function"], functions.size());
  }
  json leaf;  // of the stack most samples have
  for (const json& stack : report["stacks"]) {
    if (stack["samples"] == 600) leaf = stack["frames"].back();
  }
  EXPECT_EQ(functions[leaf["function"].get<size_t>()]["name"], "add(double, double)");
  EXPECT_EQ(leaf["line"], 2);
}

TEST(JsonReport, AddressesOfTheSameLinesAreOneStack) {
  test::ProfileBuilder builder;
  const ThreadId thread = builder.thread(builder.process(1, "p"), 1, "p", 0.003);
  const FunctionId caller = builder.function("caller", "a.c", 1, builder.module("/a"));
  const FunctionId work = builder.function("work", "a.c", 9, builder.module("/a"));
  const FrameId call = builder.frame(caller, 2);
  builder.samples(thread, builder.stack({call, builder.frame(work, 10)}), 1);
  builder.samples(thread, builder.stack({call, builder.frame(work, 10)}), 1);  // another frame, the same line
  builder.samples(thread, builder.stack({call, builder.frame(work, 11)}), 1);
  const json report = json::parse(json_of(builder.build()));
  ASSERT_EQ(report["stacks"].size(), 2u);
  EXPECT_EQ(report["stacks"][0]["samples"], 2);
  EXPECT_EQ(report["stacks"][0]["frames"].back()["line"], 10);
  EXPECT_EQ(report["stacks"][1]["samples"], 1);
}

TEST(JsonReport, EqualInputGivesEqualBytes) {
  EXPECT_EQ(json_of(test::varied_profile()), json_of(test::varied_profile()));
}

TEST(JsonReport, HostileNamesAreValidUtf8) {
  const std::string text = json_of(test::hostile_profile());
  EXPECT_TRUE(json::accept(text));  // nlohmann checks UTF-8
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(JsonReport, EmptyProfile) {
  const json report = json::parse(json_of(Profile{}));
  EXPECT_TRUE(report["functions"].empty());
}

}  // namespace
}  // namespace strobe::report
