// Line tables: those of real interpreters against their own decoders, and damaged ones.
#include "python/line_table.h"

#include "python_target.h"

namespace strobe::python::test {
namespace {

std::vector<std::byte> from_hex(const std::string& text) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

constexpr int kNoLine = -1;

class LineTables : public EachInterpreter {};

TEST_P(LineTables, SayWhatTheInterpreterSays) {
  PythonTarget target(interpreter_, "line_truth.py");
  ASSERT_TRUE(target.wait_until_ready()) << target.program().err();
  size_t compared = 0;
  size_t different = 0;
  for (const auto& code : target.truth()) {
    const std::vector<std::byte> table = from_hex(code[0]);
    const auto& runs = code[2];
    for (size_t i = 0; i + 1 < runs.size(); ++i) {
      const int line = runs[i][1].is_null() ? kNoLine : runs[i][1].get<int>();
      for (int64_t offset = runs[i][0]; offset < runs[i + 1][0].get<int64_t>(); offset += 2) {
        ++compared;
        if (find_line(interpreter_.minor, table, code[1], offset).value_or(kNoLine) != line) ++different;
      }
    }
  }
  EXPECT_EQ(different, 0U);
  EXPECT_GT(compared, 10'000U);
}
STROBE_EACH_INTERPRETER(LineTables);

/// A table out of small numbers.
Bytes as_bytes(const std::vector<uint8_t>& numbers) { return std::as_bytes(std::span(numbers)); }

TEST(LineTable, NotStartedMeansTheFirstLine) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    EXPECT_EQ(find_line(minor, {}, 42, -1), 42) << minor;
  }
}

TEST(LineTable, EndsWhereItEnds) {
  const std::vector<uint8_t> cut_short{0x80 | 14 << 3, 0x7f};  // a long form that stops in a number
  EXPECT_EQ(find_line(11, as_bytes(cut_short), 1, 0), std::nullopt);
  const std::vector<uint8_t> no_beginning{0x00, 0x80};
  EXPECT_EQ(find_line(13, as_bytes(no_beginning), 1, 0), std::nullopt);
  EXPECT_EQ(find_line(10, {}, 1, 0), std::nullopt);
}

TEST(LineTable, LinesThatCannotBeAreNone) {
  const std::vector<uint8_t> back{0x80 | 13 << 3, 0x7f, 0x3f};  // far before the first line
  EXPECT_EQ(find_line(12, as_bytes(back), 1, 0), std::nullopt);
  const std::vector<uint8_t> old_back{0, 0x81, 2, 0x81};
  EXPECT_EQ(find_line(9, as_bytes(old_back), 1, 0), std::nullopt);
}

}  // namespace
}  // namespace strobe::python::test
