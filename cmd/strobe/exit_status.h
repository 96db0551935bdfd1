// What `strobe` ends with. Under `run` it is the program's own status unless Strobe itself failed.
#pragma once

namespace strobe::cli {

enum ExitStatus : int {
  kExitOk = 0,
  kExitNotPossible = 1,     ///< doctor: nothing can be profiled
  kExitStrobeFailed = 125,  ///< also for wrong options; 126 and 127 are as a shell has them
};

}  // namespace strobe::cli
