// Files that are not what they claim: foreign, newer, truncated, with flipped bits, with values out of range.
// Every one is an Error or a profile that holds together; none crashes.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <random>

#include "store/recording_file.h"
#include "store/validate.h"
#include "support/sample_recording.h"
#include "support/temporary_folder.h"

namespace strobe::store {
namespace {

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << message << ": " << sql;
  sqlite3_free(message);
  sqlite3_close(database);
}

class DamagedRecording : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = RecordingWriter::create(path_, false);
    ASSERT_TRUE(writer);
    for (const RecordingDelta& delta : test::sample_deltas()) ASSERT_TRUE(writer->append(delta));
    ASSERT_TRUE(writer->finish());
    ASSERT_TRUE(store_symbols(path_, test::sample_symbols("main")));
    whole_ = test::read_file(path_);
    ASSERT_TRUE(read_recording_image(bytes_of(whole_)));
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("a.strobe");
  std::string whole_;
};

/// Whatever was read keeps what validate.h promises.
void expect_error_or_sound(const Result<Profile>& profile, const std::string& what) {
  if (!profile) {
    EXPECT_FALSE(profile.error().what.empty()) << what;
    EXPECT_FALSE(profile.error().hint.empty()) << what << ": " << profile.error().what;
    return;
  }
  EXPECT_TRUE(check_profile(*profile)) << what;
}

void expect_refused_with_hint(const Result<Profile>& profile, size_t size) {
  ASSERT_FALSE(profile) << size;
  EXPECT_FALSE(profile.error().hint.empty()) << size << ": " << profile.error().what;
}

TEST_F(DamagedRecording, TruncatedAnywhere) {
  for (size_t size = 0; size < whole_.size(); size += size < 4096 ? 13 : 509) {
    expect_refused_with_hint(read_recording_image(bytes_of(whole_.substr(0, size))), size);
  }
  for (size_t size = 0; size < whole_.size(); size += 4096) {  // from a file, too
    test::write_file(path_, whole_.substr(0, size));
    expect_refused_with_hint(read_recording(path_), size);
  }
}

TEST_F(DamagedRecording, WithFlippedBits) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole_;
    const int flips = 1 + round % 4;
    for (int i = 0; i < flips; ++i) {
      // Half of them in the headers of a page, where they hurt most.
      const size_t offset = (round % 2 == 0) ? random() % bytes.size()
                                             : (random() % (bytes.size() / 4096)) * 4096 + random() % 128;
      bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << (random() % 8)));
    }
    expect_error_or_sound(read_recording_image(bytes_of(bytes)), "round " + std::to_string(round));
  }
}

TEST_F(DamagedRecording, OpenImageIsGivenAsItIs) {
  run_sql(path_, "UPDATE meta SET value = 'open' WHERE key = 'state'");
  const auto profile = read_recording_image(bytes_of(test::read_file(path_)));
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->state, RecordingState::open);
}

struct Change {
  const char* name;
  const char* sql;
};

TEST_F(DamagedRecording, WithValuesThatCannotBe) {
  const Change kChanges[] = {
      {"sample of no thread", "UPDATE sample SET thread = 99"},
      {"negative thread", "UPDATE sample SET thread = -1"},
      {"thread above 32 bits", "UPDATE sample SET thread = 4294967296"},
      {"thread that looks like none", "UPDATE sample SET thread = 4294967295"},
      {"sample of no stack", "UPDATE sample SET stack = 3 WHERE stack = 2"},
      {"stack class", "UPDATE sample SET stack_class = 5"},
      {"stretch of no thread", "UPDATE stretch SET thread = 99"},
      {"stretch of a thread that is none",
       "DROP TABLE stretch; CREATE TABLE stretch AS SELECT 0 AS id, 0, 0, "
       "NULL, 0, 0, 1, NULL, 4, 0, NULL, 0, NULL, NULL"},
      {"stretch of no stack", "UPDATE stretch SET stack = 3 WHERE stack = 2"},
      {"stretch about no string", "UPDATE stretch SET object = 10"},
      {"stretch with an owner that is none", "UPDATE stretch SET owner = 2"},
      {"stretch with a waker that is none", "UPDATE stretch SET waker = 2"},
      {"state of a thread", "UPDATE stretch SET state = 12"},
      {"negative state of a thread", "UPDATE stretch SET state = -1"},
      {"stretch that ends before it begins", "UPDATE stretch SET end_ns = 1"},
      {"stretch that began before the recording", "UPDATE stretch SET start_ns = -1"},
      {"stretch that stands for none", "UPDATE stretch SET weight = 0"},
      {"weight above 32 bits", "UPDATE stretch SET weight = 4294967296"},
      {"stretch ready to run for longer than it lasts", "UPDATE stretch SET runnable_ns = 5"},
      {"gap in the ids of stretches", "DELETE FROM stretch WHERE id = 1"},
      {"stretches dropped without a word", "DELETE FROM stretch WHERE id = 0"},
      {"waiting of a thread that is none", "UPDATE thread_wait SET id = 2 WHERE id = 0"},
      {"waiting of a negative thread", "UPDATE thread_wait SET id = -1 WHERE id = 0"},
      {"negative waiting", "UPDATE thread_wait SET waited_ns = -1"},
      {"waiting as text",
       "DROP TABLE thread_wait; CREATE TABLE thread_wait (id INTEGER PRIMARY KEY, a, b, c, d); "
       "INSERT INTO thread_wait VALUES (0, 'x', 0, 0, 0)"},
      {"memory counted in no process", "UPDATE counter SET process = 2"},
      {"negative resident memory", "UPDATE counter SET rss_bytes = -1"},
      {"negative proportional memory", "UPDATE counter SET pss_bytes = -1 WHERE id = 1"},
      {"memory counted before the recording", "UPDATE counter SET time_ns = -1"},
      {"memory counted without faults",
       "DROP TABLE counter; CREATE TABLE counter (id INTEGER PRIMARY KEY, a, b); INSERT INTO counter VALUES "
       "(0, "
       "1, 0)"},
      {"gap in the ids of counters", "UPDATE counter SET id = 5 WHERE id = 1"},
      {"memory of no process", "UPDATE memory SET process = 2 WHERE id = 1"},
      {"memory of no stack", "UPDATE memory SET stack = 3"},
      {"kind of memory", "UPDATE memory SET kind = 4"},
      {"negative memory", "UPDATE memory SET live_bytes = -1"},
      {"negative blocks", "UPDATE memory SET peak_count = -1"},
      {"negative variance", "UPDATE memory SET variance = -0.5"},
      {"endless variance", "UPDATE memory SET temporary_variance = 9e999"},
      {"gap in the rows of memory", "DELETE FROM memory WHERE id = 0"},
      {"memory in a process that is none", "UPDATE memory_process SET id = 7 WHERE id = 1"},
      {"negative peak", "UPDATE memory_process SET peak_bytes = -1"},
      {"sizes of another process", "UPDATE memory_size SET process = 5"},
      {"sizes of more bits than there are", "UPDATE memory_size SET size_bits = 49 WHERE size_bits = 1"},
      {"sizes of less than no bits", "UPDATE memory_size SET size_bits = -1 WHERE size_bits = 1"},
      {"sizes that are not there", "DROP TABLE memory_size"},
      {"moment of memory in no process", "UPDATE memory_point SET process = 2"},
      {"negative live memory", "UPDATE memory_point SET mapped_bytes = -1"},
      {"mode of memory", "UPDATE meta SET value = 4 WHERE key = 'memory_mode'"},
      {"unseen processes less than none", "UPDATE quality_unseen SET pid = 2147483648"},
      {"stack is its own parent", "UPDATE stack SET parent = id"},
      {"stack with a younger parent", "UPDATE stack SET parent = 2 WHERE id = 1"},
      {"stack of no frame", "UPDATE stack SET frame = 4"},
      {"stack below a dropped one", "DELETE FROM stack WHERE id = 0"},
      {"frame kind", "UPDATE frame SET kind = 5"},
      {"frame of no module", "UPDATE frame SET module = 2"},
      {"frame of no function", "UPDATE frame SET function = 2"},
      {"frame inlined into itself", "UPDATE frame SET outer = id"},
      {"frames inlined into each other", "UPDATE frame SET outer = (id + 1) % 4"},
      {"line", "UPDATE frame SET line = -1"},
      {"language", "UPDATE function SET language = 3"},
      {"function without string", "UPDATE function SET name = 10"},
      {"module kind", "UPDATE module SET kind = -1"},
      {"module of no process", "UPDATE module SET process = 2"},
      {"thread of no process", "UPDATE thread SET process = 2"},
      {"thread name", "UPDATE thread SET name = 1000000"},
      {"processes as each other's parents", "UPDATE process SET parent = 1 - id"},
      {"exited", "UPDATE process SET exited = 2"},
      {"pid", "UPDATE process SET pid = 2147483648"},
      {"gap in ids", "UPDATE string SET id = 100 WHERE id = 5"},
      {"negative id", "UPDATE string SET id = -1 WHERE id = 5"},
      {"state", "UPDATE meta SET value = 'wonderful' WHERE key = 'state'"},
      {"no state", "DELETE FROM meta"},
      {"text as number", "UPDATE meta SET value = 'x' WHERE key = 'period_ns'"},
      {"number as text", "UPDATE quality SET value = 1 WHERE key = 'engine'"},
      {"exit status", "UPDATE meta SET value = 1 << 40 WHERE key = 'exit_status'"},
      {"reason", "UPDATE quality_blame SET reason = 'because'"},
      {"unknown as reason", "UPDATE quality_blame SET reason = 'unknown'"},
      {"subject", "UPDATE quality_blame SET subject = 'all'"},
      {"missing table", "DROP TABLE quality_warning"},
      {"view in place of a table",
       "DROP TABLE sample; CREATE VIEW sample AS WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 "
       "FROM n)"
       " SELECT id, 1 AS time_ns, 0 AS thread, 0 AS stack, 0 AS stack_class FROM n"},
      {"virtual table in place of a table",
       "DROP TABLE string; CREATE VIRTUAL TABLE string USING fts5(id, text)"},
      {"columns missing", "DROP TABLE stack; CREATE TABLE stack (id INTEGER PRIMARY KEY)"},
      {"blobs in place of texts",
       "DROP TABLE string; CREATE TABLE string (id INTEGER PRIMARY KEY, text); INSERT INTO string SELECT "
       "value,"
       " x'00' FROM json_each('[0,1,2,3,4,5,6,7,8,9]')"},
      {"texts in place of numbers",
       "DROP TABLE stack; CREATE TABLE stack (id INTEGER PRIMARY KEY, parent, frame); INSERT INTO stack "
       "VALUES"
       " (0, NULL, 'zero'), (1, 0, 'one'), (2, 1, 'two')"},
      {"no application id", "PRAGMA application_id = 0"},
      {"no version", "PRAGMA user_version = 0"},
  };
  for (const Change& change : kChanges) {
    test::write_file(path_, whole_);
    ASSERT_NO_FATAL_FAILURE(run_sql(path_, change.sql)) << change.name;
    const auto profile = read_recording(path_);
    ASSERT_FALSE(profile) << change.name;
    EXPECT_EQ(profile.error().code, ErrorCode::malformed) << change.name << ": " << profile.error().what;
    EXPECT_NE(profile.error().what.find(path_), std::string::npos) << profile.error().what;
  }
}

TEST_F(DamagedRecording, TriggersDoNotRun) {
  run_sql(path_, "CREATE TRIGGER evil AFTER INSERT ON function BEGIN DELETE FROM sample; END");
  const auto before = read_recording(path_);
  ASSERT_TRUE(before) << before.error().what;
  ASSERT_TRUE(store_symbols(path_, test::sample_symbols("again")));
  EXPECT_EQ(read_recording(path_)->samples.size(), before->samples.size());
}

TEST_F(DamagedRecording, ANewerOneIsRefusedWithAHint) {
  run_sql(path_, "PRAGMA user_version = 2");
  for (const auto& error : {read_recording(path_).error(), recover(path_).error(),
                            store_symbols(path_, test::sample_symbols("x")).error()}) {
    EXPECT_EQ(error.code, ErrorCode::unsupported);
    EXPECT_NE(error.what.find("newer Strobe"), std::string::npos);
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST_F(DamagedRecording, OnesOfBeforeWaitingWasRecordedAreFine) {
  run_sql(path_,
          "DROP TABLE stretch; DROP TABLE thread_wait; DELETE FROM meta WHERE key IN ('wall', "
          "'runnable_source'); DELETE FROM quality WHERE key LIKE 'offcpu%'");
  const auto profile = read_recording(path_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_FALSE(profile->info.wall);
  EXPECT_TRUE(profile->stretches.empty());
  EXPECT_EQ(profile->threads.at(0).waited_ns, 0U);
}

TEST_F(DamagedRecording, OnesOfBeforeMemoryWasRecordedAreFine) {
  run_sql(
      path_,
      "DROP TABLE counter; DROP TABLE memory; DROP TABLE memory_process; DROP TABLE memory_size; DROP TABLE "
      "memory_point; DROP TABLE quality_unseen; DELETE FROM meta WHERE key LIKE 'memory%'; DELETE FROM "
      "quality WHERE key LIKE 'memory%'");
  const auto profile = read_recording(path_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->info.memory.mode, MemoryMode::none);
  EXPECT_TRUE(profile->counters.empty());
  EXPECT_TRUE(profile->memory.empty());
  const auto stored = store_symbols(path_, test::sample_symbols("x"));
  EXPECT_TRUE(stored) << stored.error().what;
}

TEST_F(DamagedRecording, MemoryOfStacksThatWereDroppedHasNone) {
  run_sql(
      path_,
      "UPDATE sample SET stack = 2 WHERE stack IS NOT NULL; UPDATE stack SET parent = NULL WHERE id = 2; "
      "DELETE FROM stack WHERE id < 2; DELETE FROM sample WHERE id = 0; UPDATE memory SET stack = 2 WHERE "
      "id = 1; INSERT OR REPLACE INTO quality VALUES ('dropped_samples', 1)");
  const auto profile = read_recording(path_);
  ASSERT_TRUE(profile) << profile.error().what;
  ASSERT_EQ(profile->memory.size(), 2U);
  EXPECT_TRUE(profile->memory[0].stack.is_none());
  EXPECT_EQ(profile->memory[1].stack, StackId{0});
}

TEST_F(DamagedRecording, StretchesThatWereDroppedAreSaid) {
  run_sql(path_,
          "DELETE FROM stretch WHERE id = 0; INSERT OR REPLACE INTO quality VALUES ('dropped_stretches', 1), "
          "('dropped_waited_ns', 5)");
  const auto profile = read_recording(path_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->stretches.size(), 2U);
  EXPECT_EQ(profile->stretches.at(0).weight, 38U);
  EXPECT_EQ(profile->quality.dropped.waited_ns, 5U);
}

TEST_F(DamagedRecording, AUsersOwnAdditionsAreFine) {
  run_sql(path_,
          "CREATE TABLE note (text); CREATE INDEX by_thread ON sample (thread); CREATE VIEW v AS SELECT 1");
  EXPECT_TRUE(read_recording(path_));
}

TEST(ForeignFile, IsNoRecording) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  const auto expect_no_recording = [&](const char* what) {
    const auto profile = read_recording(path);
    ASSERT_FALSE(profile) << what;
    EXPECT_EQ(profile.error().code, ErrorCode::malformed) << what;
    EXPECT_NE(profile.error().what.find("not a Strobe recording"), std::string::npos) << profile.error().what;
    EXPECT_FALSE(profile.error().hint.empty());
  };
  test::write_file(path, "");
  expect_no_recording("empty");
  test::write_file(path, std::string(100'000, 'x'));
  expect_no_recording("text");
  test::write_file(path, "");
  run_sql(path, "CREATE TABLE sample (id INTEGER PRIMARY KEY)");
  const std::string before = test::read_file(path);
  expect_no_recording("another program's database");
  EXPECT_EQ(test::read_file(path), before);
}

TEST(ForeignFile, ThatIsNotThereOrNoFile) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_recording(folder.file("nothing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(read_recording(folder.path()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read_recording("/dev/null").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace strobe::store
