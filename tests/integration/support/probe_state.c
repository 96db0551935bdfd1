// Prints what a program inherits from whoever started it, one fact a line, so that a test can compare a start
// by Strobe with a start without it. Behind "--" come words that are printed as they arrived.
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern char** environ;

static void print_limits(void) {
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
      printf("limit %d %llu %llu\n", resource, (unsigned long long)limit.rlim_cur,
             (unsigned long long)limit.rlim_max);
    }
  }
}

// The descriptors with what they are open on; a pipe by its number, which its two sides share.
static void print_descriptors(void) {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == NULL) exit(2);
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(folder)) continue;
    char path[64];
    char target[PATH_MAX];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(path, target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    printf("descriptor %d %s\n", fd, target);
  }
  closedir(folder);
}

// Signals, capabilities, users and the like, as the kernel tells them.
static void print_status(void) {
  static const char* const kWanted[] = {
      "Umask:",  "Uid:",     "Gid:",        "Groups:",       "SigQ:",   "SigPnd:", "ShdPnd:",
      "SigBlk:", "SigIgn:",  "SigCgt:",     "CapInh:",       "CapPrm:", "CapEff:", "CapBnd:",
      "CapAmb:", "Seccomp:", "NoNewPrivs:", "Cpus_allowed:", "Threads:"};
  FILE* file = fopen("/proc/self/status", "re");
  if (file == NULL) exit(2);
  char line[4096];
  while (fgets(line, sizeof line, file) != NULL) {
    for (size_t i = 0; i < sizeof kWanted / sizeof kWanted[0]; ++i) {
      if (strncmp(line, kWanted[i], strlen(kWanted[i])) != 0) continue;
      // Of SigQ only the limit: the other number counts all processes of the user.
      const char* slash = strncmp(line, "SigQ:", 5) == 0 ? strchr(line, '/') : NULL;
      printf("status %s", slash != NULL ? slash : line);
    }
  }
  fclose(file);
}

static void print_process(void) {
  int death_signal = -1;
  prctl(PR_GET_PDEATHSIG, &death_signal);
  printf("death signal %d\n", death_signal);
  printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
  printf("timer slack %d\n", prctl(PR_GET_TIMERSLACK));
  printf("keep capabilities %d\n", prctl(PR_GET_KEEPCAPS));
  int reaper = -1;
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  printf("subreaper %d\n", reaper);
  printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  printf("policy %d\n", sched_getscheduler(0));
  for (int timer = ITIMER_REAL; timer <= ITIMER_PROF; ++timer) {
    struct itimerval value;
    if (getitimer(timer, &value) == 0) printf("timer %d %ld\n", timer, (long)value.it_value.tv_sec);
  }
  char folder[PATH_MAX];
  printf("folder %s\n", getcwd(folder, sizeof folder) != NULL ? folder : "?");
  printf("process group %d\n", (int)getpgrp());
  printf("session %d\n", (int)getsid(0));
  printf("foreground group %d\n", (int)tcgetpgrp(STDIN_FILENO));
}

int main(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) printf("argument %s\n", argv[i]);
  for (char** variable = environ; *variable != NULL; ++variable) printf("environment %s\n", *variable);
  print_limits();
  print_descriptors();
  print_status();
  print_process();
  return 0;
}
