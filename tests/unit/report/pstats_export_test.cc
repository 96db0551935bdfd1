#include "report/pstats_export.h"

#include <gtest/gtest.h>

#include "support/profile_builder.h"

namespace strobe::report {
namespace {

using analyze::FunctionTable;
using namespace std::string_view_literals;

FunctionTable table_of(const Profile& profile) {
  return analyze::make_function_table(profile, analyze::select_all(profile), true);
}

/// A function of a table, without anything measured.
analyze::FunctionStats row(const std::string& name, const std::string& file, uint32_t line,
                           const std::string& module) {
  analyze::FunctionStats stats;
  stats.function = {.name = name, .file = file, .line = line, .module = module};
  return stats;
}

std::string bytes(std::string_view text) { return std::string(text); }

// pstats refuses an empty dictionary. This one is {('~', 0, '[no samples]'): (0, 0, 0.0, 0.0, {})}.
TEST(Pstats, NothingIsOneEntry) {
  EXPECT_EQ(write_pstats({}),
            bytes("{(\3\0\0\0u\1\0\0\0~i\0\0\0\0u\x0c\0\0\0[no samples]"sv) +
                bytes("(\5\0\0\0i\0\0\0\0i\0\0\0\0g\0\0\0\0\0\0\0\0g\0\0\0\0\0\0\0\0{00"sv));
}

// Python 3.11: marshal.loads(these bytes) is
// {('a.c', 7, 'f'): (2, 3, 0.5, 1.0, {('a.c', 7, 'f'): (1, 0, 0.0, 0.25)})}.
TEST(Pstats, ByteForByte) {
  FunctionTable table;
  table.rows = {row("f", "a.c", 7, "/bin/a")};
  table.rows[0].self = {0.5, 2};
  table.rows[0].total = {1.0, 3};
  table.edges = {{.caller = 0, .callee = 0, .amount = {0.25, 1}, .self = {0, 0}}};
  const std::string label = bytes("(\3\0\0\0u\3\0\0\0a.ci\7\0\0\0u\1\0\0\0f"sv);
  EXPECT_EQ(write_pstats(table),
            "{" + label + bytes("(\5\0\0\0i\2\0\0\0i\3\0\0\0g\0\0\0\0\0\0\xe0\x3fg\0\0\0\0\0\0\xf0\x3f{"sv) +
                label + bytes("(\4\0\0\0i\1\0\0\0i\0\0\0\0g\0\0\0\0\0\0\0\0g\0\0\0\0\0\0\xd0\x3f"sv) + "00");
}

TEST(Pstats, CountsBeyond31BitsAreLongIntegers) {
  FunctionTable table;
  table.rows = {row("f", "a.c", 7, "")};
  table.rows[0].total.samples = (uint64_t{5} << 45) + (uint64_t{3} << 15) + 9;
  const std::string written = write_pstats(table);
  EXPECT_NE(written.find(bytes("l\4\0\0\0\x09\0\3\0\0\0\5\0"sv)), std::string::npos);
}

TEST(Pstats, FunctionsThatLookTheSameStayApart) {
  FunctionTable table;
  table.rows = {row("main", "main.c", 3, "/bin/a"), row("main", "main.c", 3, "/bin/b"),
                row("main", "main.c", 3, "/bin/b")};
  const std::string written = write_pstats(table);
  for (const std::string_view name : {"u\4\0\0\0main("sv, "main [/bin/b]("sv, "main [/bin/b] 2("sv})
    EXPECT_NE(written.find(name), std::string::npos) << name;
}

TEST(Pstats, EveryRowOfAProfileIsOneEntry) {
  const FunctionTable table = table_of(test::varied_profile());
  const std::string written = write_pstats(table);
  size_t entries = 0;
  for (size_t at = 0; (at = written.find(bytes("(\5\0\0\0"sv), at)) != std::string::npos; ++at) ++entries;
  EXPECT_EQ(entries, table.rows.size());
  EXPECT_GT(entries, 5u);
}

}  // namespace
}  // namespace strobe::report
