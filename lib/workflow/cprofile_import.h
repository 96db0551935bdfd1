// A file of Python's cProfile (or of its profile module) as a Profile: exact counts of calls and the seconds
// between them, without samples, stacks or threads. Pure.
#pragma once

#include <string>

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/recording.h"

namespace strobe::workflow {

/// Whether the bytes can be such a file: what Python's marshal begins a dictionary with.
[[nodiscard]] bool looks_like_cprofile(Bytes bytes);

/// Profile::counts is set, and the functions in the order of file, line and name. `name` is the file's, for
/// messages and for what the profile is about.
Result<Profile> import_cprofile(Bytes bytes, const std::string& name);

}  // namespace strobe::workflow
