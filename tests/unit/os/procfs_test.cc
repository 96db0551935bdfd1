// Texts of procfs in which a program chooses names and arguments.
#include "os/procfs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "os/signals.h"

namespace strobe::os {
namespace {

std::string stat_of(const std::string& name, const std::string& flags = "4194560") {
  return "4242 (" + name + ") S 17 4242 4242 0 -1 " + flags +
         " 100 0 0 0 12 34 0 0 20 0 1 0 123456 1000000 200 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 3 "
         "0 0 0"
         " 0 0 0 0 0 0 0 0 0 0\n";
}

TEST(DecodeStat, NamesMayHoldAnything) {
  for (const char* name : {"plain", "a b", ")", "(", "a) R 1 (b", "))) S 1", "", "\n", "x\xff"}) {
    SCOPED_TRACE(name);
    const auto stat = decode_stat(stat_of(name));
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->comm, name);
    EXPECT_EQ(stat->id, 4242);
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent_pid, 17);
    EXPECT_EQ(stat->user_ticks, 12u);
    EXPECT_EQ(stat->system_ticks, 34u);
    EXPECT_EQ(stat->start_ticks, 123456u);
    EXPECT_EQ(stat->cpu, 3u);
    EXPECT_FALSE(stat->is_kernel_thread());
  }
  EXPECT_TRUE(decode_stat(stat_of("kworker/0:1", "69238880"))->is_kernel_thread());
}

TEST(DecodeStat, WhatIsCutOrOddIsRefused) {
  const std::string whole = stat_of("name");
  const size_t last_field = whole.find(" 17 3 ") + 5;
  for (size_t size = 0; size < last_field; ++size) EXPECT_FALSE(decode_stat(whole.substr(0, size))) << size;
  for (const char* text :
       {"x (a) S 1", "1 a S 1", "1 )a( S 1", "1 (a) SS 1", "1 (a) S one", "99999999999 (a) S 1"}) {
    EXPECT_FALSE(decode_stat(text)) << text;
  }
  EXPECT_FALSE(decode_stat(stat_of("a", "-5")));
}

TEST(DecodeSchedstat, ThreeNumbers) {
  EXPECT_EQ(decode_schedstat("123456789012 55 12\n"),
            (SchedStat{.run_ns = 123456789012, .wait_ns = 55, .slices = 12}));
  EXPECT_EQ(decode_schedstat("1 2"), std::nullopt);
  EXPECT_EQ(decode_schedstat(""), std::nullopt);
  EXPECT_EQ(decode_schedstat("x 1 2"), std::nullopt);
  EXPECT_EQ(decode_schedstat("99999999999999999999999 1 2"), std::nullopt);
}

TEST(QuoteCommandLine, AsAShellWouldReadIt) {
  using namespace std::string_literals;
  const struct {
    std::string arguments;
    const char* text;
  } cases[] = {
      {"ls\0-l\0"s, "ls -l"},
      {"echo\0a b\0"s, "echo 'a b'"},
      {"echo\0it's\0"s, R"(echo 'it'\''s')"},
      {"echo\0\0x\0"s, "echo '' x"},
      {"echo\0\0"s, "echo ''"},
      {"sh\0-c\0a; b > \"$c\" `d`\0"s, "sh -c 'a; b > \"$c\" `d`'"},
      {"no\0end"s, "no end"},
      {"\0"s, "''"},
      {"a\nb\0"s, "'a\nb'"},
  };
  for (const auto& c : cases) EXPECT_EQ(quote_command_line(c.arguments), c.text);
}

TEST(CheckTarget, RefusesWhatCannotBeOne) {
  EXPECT_EQ(check_target(0).error().code, ErrorCode::not_found);
  EXPECT_EQ(check_target(-5).error().code, ErrorCode::not_found);
  EXPECT_EQ(check_target(0x7fffffff).error().code, ErrorCode::not_found);
  EXPECT_EQ(check_target(::getpid()).error().code, ErrorCode::invalid_argument);
}

TEST(Signals, OfJobControlAndOfEnding) {
  for (const int number : {SIGTSTP, SIGTTIN, SIGTTOU})
    EXPECT_TRUE(is_stop_signal(number) && !is_ending_signal(number));
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    EXPECT_TRUE(is_ending_signal(number) && !is_stop_signal(number));
  }
  EXPECT_FALSE(is_ending_signal(SIGUSR1) || is_stop_signal(SIGUSR1));
}

}  // namespace
}  // namespace strobe::os
