// n4 WORK: 2,000 processes of about half a millisecond of CPU each, one after the other.
#include <spawn.h>
#include <sys/wait.h>

#include "self_report.h"

extern char** environ;

int main(int argc, char** argv) {
  const SelfReport report("n4");
  const int processes = static_cast<int>(2000 * amount_of_work(argc, argv));
  char program[] = "/bin/true";
  char* arguments[] = {program, nullptr};
  int started = 0;
  for (int i = 0; i < processes; ++i) {
    pid_t pid = 0;
    if (posix_spawn(&pid, program, nullptr, nullptr, arguments, environ) != 0) break;
    waitpid(pid, nullptr, 0);
    ++started;
  }
  report.print(static_cast<uint64_t>(started));
  return started == processes ? 0 : 1;
}
