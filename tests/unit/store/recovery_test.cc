// What is left when a recording does not come to its end: Strobe killed, disk full, a place nobody may write.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "store/recording_file.h"
#include "support/sample_recording.h"
#include "support/temporary_folder.h"

namespace strobe::store {
namespace {

constexpr uint64_t kPeriodNs = 1'000'000;

/// One process with one thread that still runs.
RecordingDelta opening_delta() {
  RecordingDelta delta;
  delta.strings = {"app"};
  delta.processes = {{ProcessId{0}, {.pid = 7, .command = StringId{0}}}};
  delta.threads = {{ThreadId{0}, {.process = ProcessId{0}, .tid = 7, .name = StringId{0}}}};
  delta.frames = {{.address = 1}};
  delta.stacks = {{.frame = FrameId{0}}};
  delta.info = RecordingInfo{.period_ns = kPeriodNs};
  return delta;
}

RecordingDelta samples_delta(uint64_t first_time, size_t count) {
  RecordingDelta delta;
  for (size_t i = 0; i < count; ++i) {
    delta.samples.push_back({.time_ns = first_time + i,
                             .thread = ThreadId{0},
                             .stack = StackId{0},
                             .stack_class = StackClass::complete});
  }
  return delta;
}

/// Runs `body` in a child; returns its wait status.
template <class Body>
int run_in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

/// A child writes two deltas and is killed with SIGKILL in mid-recording.
void record_and_be_killed(const std::string& path) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto writer = RecordingWriter::create(path, false);
    const bool ok = writer && writer->append(opening_delta()) && writer->append(samples_delta(100, 2500));
    if (::write(pipe_fds[1], ok ? "y" : "n", 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(pipe_fds[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

void expect_recovered(const Profile& profile) {
  EXPECT_EQ(profile.state, RecordingState::recorded);
  ASSERT_EQ(profile.samples.size(), 2500U);
  EXPECT_EQ(profile.samples.back().time_ns, 2599U);
  EXPECT_EQ(profile.info.duration_ns, 2599U);
  EXPECT_EQ(profile.processes.at(0).end_ns, 2599U);
  EXPECT_FALSE(profile.processes.at(0).exited);
  EXPECT_EQ(profile.threads.at(0).end_ns, 2599U);
  EXPECT_EQ(profile.threads.at(0).cpu_ns, 2500 * kPeriodNs) << "estimated";
  EXPECT_EQ(profile.quality.samples.taken, 2500U);
  EXPECT_EQ(profile.quality.samples.stored, 2500U);
  EXPECT_EQ(profile.quality.stacks.by_class[0], 2500U);
  EXPECT_NEAR(profile.quality.samples.expected, 2500, 1e-6);
  ASSERT_EQ(profile.quality.warnings.size(), 1U);
  EXPECT_NE(profile.quality.warnings[0].find("killed"), std::string::npos);
}

TEST(Recovery, ReadsAllThatAKilledStrobeCommitted) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(path));
  ASSERT_EQ(folder.names(), (std::vector<std::string>{"a.strobe", "a.strobe-wal"}));
  for (int i = 0; i < 2; ++i) {  // the second time from the recovered file
    const auto profile = read_recording(path);
    ASSERT_TRUE(profile) << profile.error().what;
    expect_recovered(*profile);
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a.strobe"});
  }
}

TEST(Recovery, GivesAThreadThatStillRanItsWaitingUpToTheEnd) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  {
    auto writer = RecordingWriter::create(path, false);
    ASSERT_TRUE(writer);
    RecordingDelta delta = opening_delta();
    delta.info->wall = true;
    delta.threads[0].second.cpu_ns = 3'000;
    delta.threads[0].second.waited_ns = 4'000;
    delta.stretches = {{.start_ns = 1'000, .end_ns = 9'000, .thread = ThreadId{0}, .weight = 5}};
    ASSERT_TRUE(writer->append(delta));
  }  // without finish()
  const auto profile = read_recording(path);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->threads.at(0).end_ns, 9'000U);
  EXPECT_EQ(profile->threads.at(0).waited_ns, 6'000U);
  EXPECT_EQ(profile->quality.offcpu.kept, 1U);
  EXPECT_EQ(profile->quality.offcpu.stretches, 5U);
}

TEST(Recovery, RecoverIsEnoughAndDoesNothingTwice) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(path));
  for (int i = 0; i < 2; ++i) {
    const auto recovered = recover(path);
    ASSERT_TRUE(recovered) << recovered.error().what;
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a.strobe"});
  }
  expect_recovered(*read_recording(path));
}

TEST(Recovery, SymbolsCanBeStoredAfterIt) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(path));
  ASSERT_TRUE(read_recording(path));
  SymbolDelta symbols;
  symbols.first_string = 1;
  symbols.first_frame = 1;
  symbols.strings = {"main"};
  symbols.functions = {{.name = StringId{1}}};
  ASSERT_TRUE(store_symbols(path, symbols));
  EXPECT_EQ(read_recording(path)->state, RecordingState::symbolized);
}

TEST(Recovery, SurvivesADamagedTailOfTheLog) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(path));
  const std::string log = path + "-wal";
  const std::string whole = test::read_file(log);
  const std::string main_file = test::read_file(path);
  for (size_t size = 0; size < whole.size(); size += 3001) {
    test::write_file(path, main_file);
    test::write_file(log, whole.substr(0, size));
    const auto profile =
        read_recording(path);  // some prefix of the commits, or a word that there is nothing yet
    if (!profile) continue;
    EXPECT_EQ(profile->samples.size() % 2500, 0U) << size;
  }
}

TEST(Recovery, TheMainFileAloneSaysWhatIsMissing) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(path));
  ASSERT_TRUE(std::filesystem::remove(path + "-wal"));
  const auto profile = read_recording(path);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_TRUE(profile->samples.empty());
  ASSERT_EQ(profile->quality.warnings.size(), 1U);
  EXPECT_NE(profile->quality.warnings[0].find("-wal"), std::string::npos);
}

TEST(Recovery, AWriterThatGoesAwayLeavesWhatItCommitted) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  {
    auto writer = RecordingWriter::create(path, false);
    ASSERT_TRUE(writer && writer->append(opening_delta()) && writer->append(samples_delta(100, 2500)));
  }
  expect_recovered(*read_recording(path));
}

TEST(Recovery, ARecordingInProgressIsLeftAlone) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  auto writer = RecordingWriter::create(path, false);
  ASSERT_TRUE(writer && writer->append(opening_delta()));
  const int status = run_in_child([&] {
    const auto read = read_recording(path);
    const auto recovered = recover(path);
    ::_exit(!read && !recovered && read.error().hint.find("still be recording") != std::string::npos ? 0 : 1);
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(writer->append(samples_delta(1, 10)));
  EXPECT_TRUE(writer->finish());
  EXPECT_EQ(read_recording(path)->samples.size(), 10U);
}

/// Appends until it fails; returns how many samples were stored.
uint64_t fill(RecordingWriter& writer, Error& error) {
  uint64_t stored = 0;
  for (int i = 0; i < 1000; ++i) {
    if (auto result = writer.append(samples_delta(stored, 2000)); !result) {
      error = result.error();
      return stored;
    }
    stored += 2000;
  }
  return stored;
}

TEST(DiskFull, KeepsWhatWasStoredBefore) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.strobe");
  uint64_t stored = 0;
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const int status = run_in_child([&] {
    // A file size limit stands for a full disk: EFBIG where that says ENOSPC.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto writer = RecordingWriter::create(path, false);
    if (!writer || !writer->append(opening_delta())) ::_exit(1);
    Error error;
    stored = fill(*writer, error);
    if (error.code != ErrorCode::no_resources || error.hint.empty()) ::_exit(2);
    static_cast<void>(writer->finish());  // may or may not find room
    if (::write(pipe_fds[1], &stored, sizeof stored) != sizeof stored) ::_exit(3);
  });
  ASSERT_EQ(status, 0);
  ASSERT_EQ(::read(pipe_fds[0], &stored, sizeof stored), static_cast<ssize_t>(sizeof stored));
  EXPECT_GT(stored, 0U);
  const auto profile = read_recording(path);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->samples.size(), stored);
  EXPECT_EQ(profile->threads.at(0).cpu_ns, stored * kPeriodNs);
  EXPECT_FALSE(profile->quality.warnings.empty());
}

/// A small file system of its own, where the test may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options) {
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool make_read_only() const {
    return ::mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  test::TemporaryFolder folder_;
  bool mounted_ = false;
};

TEST(DiskFull, ARealFullDiskToo) {
  const SmallDisk disk("size=1m");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount a file system here";
  const std::string path = disk.file("a.strobe");
  auto writer = RecordingWriter::create(path, false);
  ASSERT_TRUE(writer && writer->append(opening_delta()));
  Error error;
  const uint64_t stored = fill(*writer, error);
  EXPECT_GT(stored, 0U);
  EXPECT_EQ(error.code, ErrorCode::no_resources) << error.what;
  static_cast<void>(writer->finish());
  // The disk is as full as before.
  const auto profile = read_recording(path);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->samples.size(), stored);
}

TEST(ReadOnlyPlace, FinishedAndUnfinishedRecordings) {
  const SmallDisk disk("size=8m");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount a file system here";
  const std::string finished = disk.file("finished.strobe");
  auto writer = RecordingWriter::create(finished, false);
  ASSERT_TRUE(writer && writer->append(opening_delta()) && writer->append(samples_delta(100, 2500)));
  ASSERT_TRUE(writer->finish());
  const std::string unfinished = disk.file("unfinished.strobe");
  ASSERT_NO_FATAL_FAILURE(record_and_be_killed(unfinished));
  ASSERT_TRUE(disk.make_read_only());

  EXPECT_EQ(read_recording(finished)->samples.size(), 2500U);
  const auto stored = store_symbols(finished, SymbolDelta{.first_string = 1, .first_frame = 1});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::not_permitted) << stored.error().what;
  EXPECT_FALSE(recover(unfinished));
  const auto profile = read_recording(unfinished);
  ASSERT_TRUE(profile) << profile.error().what;
  expect_recovered(*profile);
}

}  // namespace
}  // namespace strobe::store
