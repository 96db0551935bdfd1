// complete(): every state of a recording in, a symbolized profile out, stored where that is possible.
#include <gtest/gtest.h>

#include <algorithm>

#include <string>
#include <utility>
#include <vector>

#include "store/recording_file.h"
#include "support/profile_equality.h"
#include "support/sample_recording.h"
#include "support/temporary_folder.h"
#include "workflow/recording_session.h"

namespace strobe::workflow {
namespace {

struct Warnings final : Diagnostics {
  void warn(std::string message) override { texts.push_back(std::move(message)); }
  std::vector<std::string> texts;
};

/// Nothing of this machine: no cache, no debug files.
const symbolize::SymbolizeOptions kNowhere = {.cache_directory = "", .debug_directories = {}, .threads = 1};

class Complete : public testing::Test {
 protected:
  void write(bool finish) {
    auto writer = store::RecordingWriter::create(path_, true);
    ASSERT_TRUE(writer);
    for (const RecordingDelta& delta : test::sample_deltas()) ASSERT_TRUE(writer->append(delta));
    if (finish) {
      ASSERT_TRUE(writer->finish());
    }
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("a.strobe");
  Warnings warnings_;
};

TEST_F(Complete, StoresWhatItReturns) {
  ASSERT_NO_FATAL_FAILURE(write(true));
  const auto profile = complete(path_, kNowhere, warnings_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->state, RecordingState::symbolized);
  const auto stored = store::read_recording(path_);
  ASSERT_TRUE(stored) << stored.error().what;
  EXPECT_EQ(stored->state, RecordingState::symbolized);
  test::expect_equal(*stored, *profile);
}

TEST_F(Complete, LeavesASymbolizedRecordingAlone) {
  ASSERT_NO_FATAL_FAILURE(write(true));
  ASSERT_TRUE(store::store_symbols(path_, test::sample_symbols("main")));
  const std::string before = test::read_file(path_);
  const auto profile = complete(path_, kNowhere, warnings_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->functions.size(), 2U);
  EXPECT_EQ(test::read_file(path_), before);
  EXPECT_TRUE(warnings_.texts.empty());
}

TEST_F(Complete, RecoversWhatAKilledStrobeLeft) {
  ASSERT_NO_FATAL_FAILURE(write(false));
  const auto profile = complete(path_, kNowhere, warnings_);
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->state, RecordingState::symbolized);
  EXPECT_TRUE(std::ranges::any_of(profile->quality.warnings, [](const std::string& warning) {
    return warning.find("killed") != std::string::npos;
  }));
  EXPECT_EQ(store::read_recording(path_)->state, RecordingState::symbolized);
}

TEST_F(Complete, PassesOnThatItIsNoRecording) {
  test::write_file(path_, "something else");
  const auto profile = complete(path_, kNowhere, warnings_);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace strobe::workflow
