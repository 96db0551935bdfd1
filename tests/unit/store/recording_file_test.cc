// Round trips through a recording on disk: every field, deltas, symbols, and the rules of the file itself.
#include "store/recording_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/profile_equality.h"
#include "support/sample_recording.h"
#include "support/temporary_folder.h"

namespace strobe::store {
namespace {

Result<void> write_all(const std::string& path, const std::vector<RecordingDelta>& deltas) {
  auto writer = RecordingWriter::create(path, false);
  if (!writer) return pass(std::move(writer));
  for (const RecordingDelta& delta : deltas) {
    if (auto result = writer->append(delta); !result) return result;
  }
  return writer->finish();
}

TEST(RecordingFile, KeepsEveryFieldThroughSeveralDeltas) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  const auto deltas = test::sample_deltas();
  const auto written = write_all(path, deltas);
  ASSERT_TRUE(written) << written.error().what;

  const auto read = read_recording(path);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->state, RecordingState::recorded);
  test::expect_equal(*read, test::sample_profile());
}

TEST(RecordingFile, IsOnePlainPrivateFileWhenFinished) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_TRUE(write_all(path, test::sample_deltas()));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.strobe"});
}

TEST(RecordingFile, SymbolsReplaceFunctionsAndFramesAlsoTheSecondTime) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_TRUE(write_all(path, test::sample_deltas()));
  Profile expected = test::sample_profile();
  for (const char* name : {"first", "again"}) {
    SymbolDelta symbols = test::sample_symbols(name);
    const auto stored = store_symbols(path, symbols);
    ASSERT_TRUE(stored) << stored.error().what;
    apply(std::move(symbols), expected);
    const auto read = read_recording(path);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->state, RecordingState::symbolized);
    test::expect_equal(*read, expected);
  }
}

TEST(RecordingFile, RefusesSymbolsOfAnotherRecording) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_TRUE(write_all(path, test::sample_deltas()));
  SymbolDelta symbols = test::sample_symbols("x");
  symbols.first_frame += 1;
  EXPECT_EQ(store_symbols(path, symbols).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read_recording(path)->state, RecordingState::recorded);
}

TEST(RecordingFile, OverwritesOnlyWhenAskedTo) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  std::ofstream(path) << "precious";
  const auto refused = RecordingWriter::create(path, false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("--force"), std::string::npos);
  EXPECT_EQ(test::read_file(path), "precious");

  std::ofstream(path + "-wal") << "left by another recording";
  auto writer = RecordingWriter::create(path, true);
  ASSERT_TRUE(writer) << writer.error().what;
  ASSERT_TRUE(writer->finish());
  EXPECT_TRUE(read_recording(path));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.strobe"});
}

TEST(RecordingFile, NeverWritesThroughALink) {
  const test::TemporaryFolder folder;
  const std::string victim = folder.file("victim");
  const std::string link = folder.file("link.strobe");
  std::ofstream(victim) << "precious";
  ASSERT_EQ(::symlink(victim.c_str(), link.c_str()), 0);
  for (const bool replace : {false, true}) {
    const auto writer = RecordingWriter::create(link, replace);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(test::read_file(victim), "precious");
  // Dangling: creating through it would make a file where the link's owner wants it.
  const std::string dangling = folder.file("dangling.strobe");
  ASSERT_EQ(::symlink(folder.file("nowhere").c_str(), dangling.c_str()), 0);
  EXPECT_FALSE(RecordingWriter::create(dangling, true));
  EXPECT_NE(::access(folder.file("nowhere").c_str(), F_OK), 0);
}

TEST(RecordingFile, GoesThroughLinkedFolders) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(::mkdir(folder.file("real").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("real", folder.file("linked").c_str()), 0);
  ASSERT_TRUE(write_all(folder.file("linked/a.strobe"), test::sample_deltas()));
  EXPECT_TRUE(read_recording(folder.file("linked/a.strobe")));
}

TEST(RecordingFile, SaysWhereItCannotWrite) {
  const test::TemporaryFolder folder;
  for (const std::string& path : {folder.file("no/such/folder/a.strobe"), std::string("/proc/a.strobe"),
                                  folder.file("x/"), std::string()}) {
    const auto writer = RecordingWriter::create(path, false);
    ASSERT_FALSE(writer) << path;
    EXPECT_NE(writer.error().hint.find("-o"), std::string::npos) << path;
  }
}

TEST(RecordingFile, RefusesDeltasWithAGap) {
  const test::TemporaryFolder folder;
  const auto deltas = test::sample_deltas();
  auto writer = RecordingWriter::create(folder.file("a.strobe"), false);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->append(deltas[0]));
  RecordingDelta gap = deltas[1];
  gap.first_stack += 1;
  EXPECT_EQ(writer->append(gap).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(writer->append(deltas[1]));
  EXPECT_TRUE(writer->finish());
  EXPECT_FALSE(writer->append(deltas[1])) << "finished";
}

TEST(RecordingFile, CutsTextsThatNobodyCouldReadBack) {
  const test::TemporaryFolder folder;
  RecordingDelta delta;
  delta.strings = {std::string(20 << 20, 'x'), std::string("nul\0inside", 10), "\xff\xfe not UTF-8"};
  ASSERT_TRUE(write_all(folder.file("a.strobe"), {delta}));
  const auto read = read_recording(folder.file("a.strobe"));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->strings[0], std::string(8 << 20, 'x'));
  EXPECT_EQ(read->strings[1], delta.strings[1]);
  EXPECT_EQ(read->strings[2], delta.strings[2]);
}

}  // namespace
}  // namespace strobe::store
