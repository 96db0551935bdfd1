#include "analyze/ordering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/profile_builder.h"

namespace strobe::analyze {
namespace {

TEST(SortKey, PrefixesUnambiguousInMeaning) {
  struct Case {
    const char* word;
    SortKey key;
  };
  for (const Case& c :
       {Case{"tottime", SortKey::self_time}, Case{"t", SortKey::self_time}, Case{"cu", SortKey::total_time},
        Case{"fi", SortKey::file}, Case{"f", SortKey::file}, Case{"ca", SortKey::total_samples},
        Case{"nc", SortKey::total_samples}, Case{"p", SortKey::self_samples}, Case{"l", SortKey::line},
        Case{"m", SortKey::file}, Case{"name", SortKey::name}, Case{"nf", SortKey::name_file_line},
        Case{"s", SortKey::standard_name}}) {
    const Result<SortKey> key = find_sort_key(c.word);
    ASSERT_TRUE(key.has_value()) << c.word;
    EXPECT_EQ(*key, c.key) << c.word;
  }
  for (const char* word : {"c", "n", "", "x", "tottimes"})
    EXPECT_FALSE(find_sort_key(word).has_value()) << word;
}

TEST(Restriction, CountFractionPattern) {
  EXPECT_EQ(parse_restriction("20")->kind, Restriction::Kind::count);
  EXPECT_EQ(parse_restriction("0.1")->kind, Restriction::Kind::fraction);
  EXPECT_EQ(parse_restriction(".5")->kind, Restriction::Kind::fraction);
  EXPECT_EQ(parse_restriction("main|walk")->kind, Restriction::Kind::pattern);
  for (const char* word : {"1.5", "-0.1", "(", "[", ""})
    EXPECT_FALSE(parse_restriction(word).has_value()) << word;
}

class Ordering : public ::testing::Test {
 protected:
  std::vector<std::string> names(const OrderOptions& options) {
    ordered_ = order_rows(table_, options);
    std::vector<std::string> names;
    for (const uint32_t row : ordered_.rows) names.push_back(table_.rows[row].function.name);
    return names;
  }
  OrderOptions restricted(const std::vector<std::string>& words) {
    OrderOptions options;
    for (const std::string& word : words) options.restrictions.push_back(*parse_restriction(word));
    return options;
  }
  Profile profile_ = test::varied_profile();
  FunctionTable table_ = make_function_table(profile_, select_all(profile_));
  OrderedRows ordered_;
};

TEST_F(Ordering, RestrictionsApplyInOrder) {
  EXPECT_EQ(names(restricted({"3", "sum|walk"})).size(), 2u);  // of the first three
  ASSERT_EQ(ordered_.reductions.size(), 2u);
  EXPECT_EQ(ordered_.reductions[0].before, table_.rows.size());
  EXPECT_EQ(ordered_.reductions[0].after, 3u);
  EXPECT_EQ(ordered_.reductions[1].restriction, "sum|walk");
  EXPECT_EQ(names(restricted({"walk", "1"})), std::vector<std::string>{"walk(Node*)"});
  EXPECT_EQ(names(restricted({"0.5"})).size(), (table_.rows.size() + 1) / 2);
  EXPECT_EQ(names(restricted({"0"})).size(), 0u);
  EXPECT_TRUE(names(restricted({"1000"})).size() == table_.rows.size() && ordered_.reductions.empty());
}

TEST_F(Ordering, KeysAndReverse) {
  OrderOptions options;
  options.keys = {SortKey::name};
  std::vector<std::string> by_name = names(options);
  EXPECT_TRUE(std::is_sorted(by_name.begin(), by_name.end()));
  options.reverse = true;
  std::vector<std::string> backwards = names(options);
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(by_name, backwards);
  options = {};
  options.keys = {SortKey::total_time, SortKey::name};
  // Both are on every stack of two threads; the second key decides.
  EXPECT_THAT(names(options), ::testing::Contains("main"));
  EXPECT_EQ(names(options)[0], "_start");
  EXPECT_EQ(names(options)[1], "main");
}

TEST(Location, AsPstatsHasIt) {
  FunctionIdentity f{.name = "work", .file = "/src/a.c", .line = 7, .module = "/bin/app"};
  EXPECT_EQ(location_of(f, false), "/src/a.c:7(work)");
  EXPECT_EQ(location_of(f, true), "a.c:7(work)");
  f.file.clear();
  EXPECT_EQ(location_of(f, false), "app(work)");
  f.pseudo = true;
  EXPECT_EQ(location_of(f, false), "work");
}

}  // namespace
}  // namespace strobe::analyze
