// The reading half of recording_file.h: read_recording(), read_recording_image() and recover().
#include <unistd.h>

#include <utility>

#include "store/file_place.h"
#include "store/open_recording.h"
#include "store/profile_loader.h"
#include "store/recording_file.h"
#include "store/recovery.h"

namespace strobe::store {
namespace {

constexpr const char* kKilledWarning =
    "Strobe was killed while it was recording: what came after its last commit (up to 200 ms) is missing, "
    "and "
    "the CPU time of threads that still ran is estimated from their samples.";
constexpr const char* kNoLogWarning =
    "Strobe was killed while it was recording, or this file was copied without the -wal file beside it: its "
    "end is "
    "missing, and the CPU time of threads that still ran is estimated from their samples.";
constexpr const char* kMainFileOnlyWarning =
    "This recording was not finished and lies where nothing can be written, so only the main file was read: "
    "copy "
    "it together with its -wal file to a place of your own to read all of it.";

const char* warning_for(const FilePlace& place) { return place.has_wal ? kKilledWarning : kNoLogWarning; }

/// Reads through a connection that may write: what is in the -wal file is there as well, and an open
/// recording is closed, on disk too where that succeeds.
Result<Profile> read_writable(const FilePlace& place) {
  auto database = open_recording(place, OpenMode::read_write);
  if (!database) return pass(std::move(database));
  auto profile = load_profile(*database, place.size_bytes);
  if (!profile) return profile;
  if (profile->state == RecordingState::open) {
    close_open_profile(*profile, warning_for(place));
    // A full disk does not keep anyone from reading: the next reader recovers again.
    auto stored = store_closed_profile(*database, *profile);
    if (stored) stored = make_plain_file(*database);
    static_cast<void>(stored);
  } else if (place.has_wal) {
    static_cast<void>(make_plain_file(*database));
  }
  return profile;
}

Result<Profile> read_only(const FilePlace& place, OpenMode mode) {
  auto database = open_recording(place, mode);
  if (!database) return pass(std::move(database));
  auto profile = load_profile(*database, place.size_bytes);
  if (profile && profile->state == RecordingState::open) {
    close_open_profile(*profile, place.has_wal ? kMainFileOnlyWarning : kNoLogWarning);
  }
  return profile;
}

/// Whether another way of opening could do better.
bool is_about_access(const Error& error) {
  return error.code == ErrorCode::not_permitted || error.code == ErrorCode::not_found ||
         error.code == ErrorCode::no_resources || (error.code == ErrorCode::io && error.sys_errno != EBUSY);
}

}  // namespace

Result<Profile> read_recording(const std::string& path) {
  auto place = find_file(path);
  if (!place) return pass(std::move(place));
  if (::access(place->path.c_str(), R_OK) != 0) return from_errno("open " + path);
  auto profile = read_writable(*place);
  if (profile || !is_about_access(profile.error())) return profile;
  if (place->has_wal) {
    // The main file alone would be silently incomplete.
    auto copy = PrivateCopy::make(*place);
    if (copy) return read_writable(copy->place());
    if (copy.error().sys_errno == 0) return pass(std::move(copy));  // it is being written
  } else {
    profile = read_only(*place, OpenMode::read_only);
    if (profile || !is_about_access(profile.error())) return profile;
  }
  return read_only(*place, OpenMode::immutable);
}

Result<Profile> read_recording_image(Bytes image) {
  auto database = Database::open_image(image);
  if (!database) return pass(std::move(database));
  if (auto result = check_schema(*database); !result) return pass(std::move(result));
  return load_profile(*database, image.size());
}

Result<void> recover(const std::string& path) {
  auto place = find_file(path);
  if (!place) return pass(std::move(place));
  auto database = open_recording(*place, OpenMode::read_write);
  if (!database) return pass(std::move(database));
  if (auto result = close_recording(*database, place->size_bytes, warning_for(*place)); !result)
    return result;
  return make_plain_file(*database);
}

}  // namespace strobe::store
