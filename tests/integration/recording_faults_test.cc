// `strobe report` on files that are not what they claim (truncated, foreign, newer, hostile), and recording
// of programs whose debug information was damaged: a message with status 125, or a report that holds
// together; never a crash or a hang. Damage comes from seeded generators: a failure can be repeated.
#include <elf.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <random>

#include "integration_fixture.h"
#include "report_checks.h"

namespace strobe::test {
namespace {

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << message << ": " << sql;
  sqlite3_free(message);
  sqlite3_close(database);
}

class RecordingFaults : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    const StrobeRun run = run_strobe(strobe_run({workload("two_functions"), "0.3"}));
    ASSERT_EQ(run.program.status, 0) << run.program.err;
    whole_ = read_file(run.recording);
    ASSERT_GT(whole_.size(), 4096U);
  }

  /// Reports on damaged.strobe: refused with words about it, or read with everything in order.
  void expect_words_or_report(const std::string& what) {
    const ProgramResult result = strobe({"report", "damaged.strobe", "--json", "report.json"});
    if (result.status == 125) {
      EXPECT_EQ(result.err.find("strobe: "), 0U) << what << ": " << result.err;
      EXPECT_NE(result.err.find("damaged.strobe"), std::string::npos) << what << ": " << result.err;
      EXPECT_NE(result.err.find("\n  "), std::string::npos) << what << ", no hint: " << result.err;
      ++refused_;
      return;
    }
    ASSERT_EQ(result.status, 0) << what << ": " << result.err;
    ASSERT_FALSE(result.timed_out) << what;
    ASSERT_TRUE(read_json(file("report.json")).is_object()) << what;
  }
  void expect_refused(const std::string& what, const std::string& words) {
    const ProgramResult result = strobe({"report", "damaged.strobe"});
    EXPECT_EQ(result.status, 125) << what << ": " << result.err;
    EXPECT_EQ(result.out, "") << what;
    EXPECT_NE(result.err.find(words), std::string::npos) << what << ": " << result.err;
  }
  [[nodiscard]] std::string damaged() const { return file("damaged.strobe"); }
  [[nodiscard]] const std::string& whole() const { return whole_; }
  [[nodiscard]] int refused() const { return refused_; }

 private:
  std::string whole_;
  int refused_ = 0;
};

TEST_F(RecordingFaults, TruncatedAtManyLengths) {
  int files = 0;
  for (size_t size = 0; size < whole().size(); size += 1 + size / 16, ++files) {
    write_file(damaged(), whole().substr(0, size));
    expect_words_or_report("first " + std::to_string(size) + " bytes");
  }
  EXPECT_GE(refused(), files * 9 / 10) << "of " << files;
}

TEST_F(RecordingFaults, WithFlippedBits) {
  std::mt19937 random(4711);
  for (int round = 0; round < 100; ++round) {
    std::string bytes = whole();
    for (int flip = 0; flip <= round % 6; ++flip) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
    }
    write_file(damaged(), bytes);
    expect_words_or_report("round " + std::to_string(round));
  }
}

TEST_F(RecordingFaults, Foreign) {
  write_file(damaged(), "");
  expect_refused("empty", "not a Strobe recording");
  write_file(damaged(),
             std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1", 24) + std::string(5000, '\0'));
  expect_refused("PNG", "not a Strobe recording");
  write_file(damaged(), read_file(kStrobe).substr(0, 100'000));
  expect_refused("program", "not a Strobe recording");
  write_file(damaged(), "");
  run_sql(damaged(),
          "CREATE TABLE sample (id INTEGER PRIMARY KEY, time_ns); INSERT INTO sample VALUES (1, 2)");
  const std::string before = read_file(damaged());
  expect_refused("another database", "not a Strobe recording");
  EXPECT_TRUE(read_file(damaged()) == before) << "a foreign file was written to";
  const ProgramResult folder_result = strobe({"report", folder()});
  EXPECT_EQ(folder_result.status, 125);
  EXPECT_NE(folder_result.err.find("not a regular file"), std::string::npos) << folder_result.err;
}

TEST_F(RecordingFaults, NewerIsRefusedWithAHint) {
  write_file(damaged(), whole());
  run_sql(damaged(), "PRAGMA user_version = 1000");
  expect_refused("newer", "newer Strobe");
  expect_refused("newer", "read it with the Strobe that made it");
}

TEST_F(RecordingFaults, Hostile) {
  const char* const kChanges[] = {
      "UPDATE sample SET stack = 9223372036854775807",
      "UPDATE sample SET thread = -9223372036854775808",
      "UPDATE sample SET stack = 4294967294, thread = 4294967294",
      "UPDATE sample SET id = id + 1000000000000",
      "UPDATE stack SET parent = id",
      "UPDATE stack SET parent = (SELECT max(id) FROM stack) WHERE id = 0",
      "UPDATE stack SET parent = (id + 1) % (SELECT count(*) FROM stack)",
      "UPDATE frame SET outer = id",
      "UPDATE frame SET outer = (id + 1) % (SELECT count(*) FROM frame)",
      "UPDATE process SET parent = id",
      "UPDATE thread SET cpu_ns = -1",
      "UPDATE module SET file_size = -1",
      "UPDATE thread SET start_ns = -5, end_ns = -9",
      "UPDATE meta SET value = -1 WHERE key = 'period_ns'",
      "UPDATE meta SET value = 'x' WHERE key = 'period_ns'",
      "DELETE FROM string",
      "DELETE FROM meta",
      "DROP TABLE stack",
      "DROP TABLE sample; CREATE VIEW sample AS WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 "
      "FROM n) "
      "SELECT id, 1 AS time_ns, 0 AS thread, 0 AS stack, 0 AS stack_class FROM n",
      "DROP TABLE thread; CREATE TABLE thread (id INTEGER PRIMARY KEY, x TEXT)",
  };
  for (const char* change : kChanges) {
    write_file(damaged(), whole());
    ASSERT_NO_FATAL_FAILURE(run_sql(damaged(), change));
    expect_refused(change, "damaged.strobe");
  }
}

TEST_F(RecordingFaults, NumbersThatOverflowSumsAreReadOrRefused) {
  const char* const kChanges[] = {
      "UPDATE thread SET cpu_ns = 9223372036854775807",
      "UPDATE thread SET end_ns = 9223372036854775807",
      "UPDATE sample SET time_ns = 9223372036854775807",
      "UPDATE process SET user_ns = 9223372036854775807, system_ns = 9223372036854775807",
      "UPDATE meta SET value = 9223372036854775807 WHERE key = 'duration_ns'",
      "UPDATE meta SET value = 0 WHERE key = 'period_ns'",
      "UPDATE quality SET value = 9223372036854775807 WHERE key LIKE 'samples_%'",
      "UPDATE quality SET value = 1e308 WHERE key = 'rate_hz'",
      "UPDATE quality SET value = 0 WHERE key LIKE 'stacks_%'",
      "UPDATE frame SET address = -1, line = 4294967295",
      "UPDATE string SET text = ''",
      "UPDATE string SET text = printf('%.*c', 100000, 'x')",
      "UPDATE string SET text = char(27) || '[2J' || char(10) || char(7)",
      "DELETE FROM sample",
      "UPDATE meta SET value = 'recorded' WHERE key = 'state'",
      "UPDATE meta SET value = 'open' WHERE key = 'state'",
  };
  for (const char* change : kChanges) {
    write_file(damaged(), whole());
    ASSERT_NO_FATAL_FAILURE(run_sql(damaged(), change));
    expect_words_or_report(change);
    for (const char* view : {"functions", "threads", "quality"}) {
      const ProgramResult result = strobe({"report", "damaged.strobe", view});
      EXPECT_TRUE(result.status == 0 || result.status == 125)
          << change << ": " << result.status << result.err;
      EXPECT_EQ((result.out + result.err).find('\x1b'), std::string::npos) << change;
      EXPECT_EQ(result.out.find("nan"), std::string::npos) << change << ": " << result.out;
    }
  }
}

TEST_F(RecordingFaults, TriggersAndViewsOfOthersDoNothing) {
  write_file(damaged(), whole());
  run_sql(damaged(),
          "UPDATE meta SET value = 'open' WHERE key = 'state';"  // so that reading writes
          "CREATE TABLE note (text); CREATE VIEW all_samples AS SELECT * FROM sample;"
          "CREATE TRIGGER evil_1 AFTER UPDATE ON meta BEGIN DELETE FROM sample; END;"
          "CREATE TRIGGER evil_2 AFTER INSERT ON meta BEGIN DELETE FROM sample; END;"
          "CREATE TRIGGER evil_3 AFTER INSERT ON thread BEGIN DELETE FROM sample; END");
  const nlohmann::json report = report_of("damaged.strobe");
  expect_quality_invariants(report);
  EXPECT_TRUE(amount_of(report, "seventy").found);
  EXPECT_EQ(report_of("damaged.strobe").at("recording").at("samples"), report.at("recording").at("samples"));
}

/// A section of a 64-bit ELF file: where its bytes are.
struct Place {
  std::string name;
  size_t offset = 0;
  size_t size = 0;
};

/// What a program does not need to run, but a profiler reads: unwinding tables (of C programs), debug
/// information, symbols, and the section headers themselves.
std::vector<Place> damageable_places(const std::string& bytes) {
  Elf64_Ehdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  std::memcpy(sections.data(), bytes.data() + header.e_shoff, sections.size() * sizeof sections[0]);
  const size_t names = sections.at(header.e_shstrndx).sh_offset;
  std::vector<Place> places = {{"section headers", header.e_shoff, sections.size() * sizeof sections[0]}};
  for (const Elf64_Shdr& section : sections) {
    const std::string name = bytes.c_str() + names + section.sh_name;
    const bool wanted = name.rfind(".eh_frame", 0) == 0 || name.rfind(".debug_", 0) == 0 ||
                        name == ".symtab" || name == ".strtab" || name == ".shstrtab" ||
                        name == ".note.gnu.build-id";
    if (wanted && section.sh_size > 0) places.push_back({name, section.sh_offset, section.sh_size});
  }
  return places;
}

class DamagedProgram : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Integration::SetUp();
    if (std::string(GetParam()) == "perf") STROBE_NEED_PERF();
  }
  /// Runs these bytes as a program under Strobe; it does its work as ever.
  void expect_profile(const std::string& bytes, const std::string& what) {
    const std::string program = file("program");
    std::filesystem::remove(program);
    write_file(program, bytes);
    ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
    const StrobeRun run =
        run_strobe(strobe_run({program, "0.04"}, {"--engine", GetParam(), "--force", "-r", "2k"}));
    ASSERT_EQ(run.program.status, 0) << what << ": " << run.program.err;
    ASSERT_TRUE(run.truth.is_object()) << what << ": " << run.program.out;
    expect_quality_invariants(run.report);
    EXPECT_GT(run.report.at("recording").value("samples", 0), 0) << what;
  }
};

TEST_P(DamagedProgram, IsProfiledAllTheSame) {
  const std::string whole = read_file(workload("two_functions"));
  const std::vector<Place> places = damageable_places(whole);
  ASSERT_GE(places.size(), 6U);
  std::mt19937 random(20260101);
  for (const Place& place : places) {
    for (int round = 0; round < 4; ++round) {
      std::string bytes = whole;
      // The whole place, or some bytes of it; zeros and ones make the worst lengths and offsets.
      const size_t count = round == 0 ? place.size : 1 + random() % 16;
      for (size_t i = 0; i < count; ++i) {
        const size_t at = place.offset + (round == 0 ? i : random() % place.size);
        const uint32_t kind = random() % 4;
        bytes[at] = static_cast<char>(kind == 0 ? 0 : kind == 1 ? 0xff : random());
      }
      expect_profile(bytes, place.name + " round " + std::to_string(round));
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(DamagedProgram, CutBehindWhatIsLoaded) {
  const std::string whole = read_file(workload("two_functions"));
  Elf64_Ehdr header{};
  std::memcpy(&header, whole.data(), sizeof header);
  size_t loaded = 0;
  for (uint16_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    std::memcpy(&segment, whole.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD) loaded = std::max(loaded, segment.p_offset + segment.p_filesz);
  }
  ASSERT_GT(loaded, 0U);
  for (size_t size = loaded; size < whole.size(); size += (whole.size() - loaded) / 7 + 1) {
    expect_profile(whole.substr(0, size), "first " + std::to_string(size) + " bytes");
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, DamagedProgram, ::testing::Values("perf", "ptrace"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace strobe::test
