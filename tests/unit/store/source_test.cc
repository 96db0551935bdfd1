// Sources in a recording: what goes in comes out; recordings without them; values that cannot be.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "store/recording_file.h"
#include "support/profile_equality.h"
#include "support/sample_recording.h"
#include "support/temporary_folder.h"

namespace strobe::store {
namespace {

const std::vector<SourceRow> kSources = {
    {.path = "/src/a.c",
     .text = "int a;\n\xff\n",
     .mtime_ns = 1'700'000'000'000'000'001,
     .md5 = std::string(32, 'a'),
     .expected_md5 = std::string(32, 'b')},
    {.path = "/src/\n\x1b.c", .state = SourceState::too_large},
    {.path = "/src/empty.c", .mtime_ns = -1, .md5 = "d41d8cd98f00b204e9800998ecf8427e"}};

class Sources : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = RecordingWriter::create(path_, false);
    ASSERT_TRUE(writer);
    for (const RecordingDelta& delta : test::sample_deltas()) ASSERT_TRUE(writer->append(delta));
    ASSERT_TRUE(writer->finish());
  }
  void run_sql(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(database);
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("a.strobe");
};

TEST_F(Sources, AreKeptAndReplaced) {
  ASSERT_TRUE(store_sources(path_, {{.path = "to be replaced"}}));
  const auto stored = store_sources(path_, kSources);
  ASSERT_TRUE(stored) << stored.error().what;
  Profile expected = test::sample_profile();
  expected.sources = kSources;
  const auto read = read_recording(path_);
  ASSERT_TRUE(read) << read.error().what;
  test::expect_equal(*read, expected);
  ASSERT_TRUE(store_symbols(path_, test::sample_symbols("main")));
  EXPECT_EQ(read_recording(path_)->sources.size(), kSources.size()) << "symbols leave them alone";
}

TEST_F(Sources, ATextThatIsTooLargeIsRefused) {
  SourceRow row{.path = "/a.c", .text = std::string(kMaxEmbeddedFileBytes, 'x')};
  EXPECT_TRUE(store_sources(path_, {row}));
  row.text += 'x';
  EXPECT_FALSE(store_sources(path_, {row}));
  EXPECT_EQ(read_recording(path_)->sources.size(), 1U);
}

TEST_F(Sources, ARecordingWithoutTheTableHasNone) {
  ASSERT_NO_FATAL_FAILURE(run_sql("DROP TABLE source"));
  const auto read = read_recording(path_);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->sources.empty());
}

TEST_F(Sources, AViewInPlaceOfTheTableIsNotRead) {
  ASSERT_NO_FATAL_FAILURE(
      run_sql("DROP TABLE source; CREATE VIEW source AS WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT "
              "id + 1 FROM "
              "n) SELECT id, 'a', 0, 0, '', '', 'x' FROM n"));
  const auto read = read_recording(path_);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->sources.empty());
}

TEST_F(Sources, ValuesThatCannotBeAreAnError) {
  for (const char* change : {"UPDATE source SET state = 7", "UPDATE source SET state = -1",
                             "UPDATE source SET id = 9 WHERE id = 2",
                             "DROP TABLE source; CREATE TABLE source (id INTEGER PRIMARY KEY, path); INSERT "
                             "INTO source VALUES (0, 1)"}) {
    ASSERT_TRUE(store_sources(path_, kSources));
    ASSERT_TRUE(read_recording(path_));
    ASSERT_NO_FATAL_FAILURE(run_sql(change)) << change;
    EXPECT_FALSE(read_recording(path_)) << change;
  }
}

}  // namespace
}  // namespace strobe::store
