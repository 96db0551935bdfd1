// The text of /proc/PID/maps, as kernels write it and as a hostile target may choose its paths.
#include "os/proc_maps.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace strobe::os {
namespace {

TEST(ProcMaps, FieldsOfALine) {
  const auto maps = parse_proc_maps(
      "7f0e8c400000-7f0e8c5b5000 r-xp 00028000 fe:1f 1835115                    /usr/lib/a b.so (deleted)\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
      "1000-2000 rw-p 00000000 00:00 0 \n");
  ASSERT_EQ(maps.size(), 3u);
  const ProcMapping expected{.start = 0x7f0e8c400000,
                             .end = 0x7f0e8c5b5000,
                             .executable = true,
                             .file_offset = 0x28000,
                             .device_major = 0xfe,
                             .device_minor = 0x1f,
                             .inode = 1835115,
                             .path = "/usr/lib/a b.so (deleted)"};
  EXPECT_EQ(maps[0], expected);
  EXPECT_EQ(maps[1].start, 0xffffffffff600000u);
  EXPECT_EQ(maps[1].path, "[vsyscall]");
  EXPECT_FALSE(maps[2].executable);
  EXPECT_EQ(maps[2].path, "");
}

TEST(ProcMaps, WhatIsNotUnderstoodIsSkippedAndTheRestKept) {
  constexpr const char* kGood = "1000-2000 r-xp 00000000 00:00 0 /good\n";
  const char* bad[] = {
      "\n",
      "nonsense\n",
      "1000\n",
      "1000-\n",
      "1000-2000\n",
      "1000-2000 r-x\n",
      "1000-2000 r-xp 0 fe:00\n",
      "1000-2000 r-xp zz fe:00 1 /x\n",
      "2000-1000 r-xp 00000000 00:00 0 /upside/down\n",
      "1000-1000 r-xp 00000000 00:00 0 /empty\n",
      "11112222333344445-2 r-xp 00000000 00:00 0 /seventeen/digits\n",
      "1000-2000 r-xp 00000000 00:00 99999999999999999999999 /inode\n",
      "-1000-2000 r-xp 00000000 00:00 0 /sign\n",
      " 1000-2000 r-xp 00000000 00:00 0 /blank\n",
  };
  for (const char* line : bad) {
    SCOPED_TRACE(line);
    const auto maps = parse_proc_maps(std::string(line) + kGood);
    ASSERT_EQ(maps.size(), 1u);
    EXPECT_EQ(maps[0].path, "/good");
  }
}

TEST(ProcMaps, EveryTruncationIsSurvived) {
  const std::string text =
      "1000-2000 r-xp 00000000 fe:00 12 /first\n3000-4000 r-xp 00000000 fe:00 12 /second";
  for (size_t size = 0; size <= text.size(); ++size) {
    EXPECT_LE(parse_proc_maps(text.substr(0, size)).size(), 2u);
  }
  EXPECT_EQ(parse_proc_maps(text).size(), 2u) << "no newline at the end";
}

TEST(ProcMaps, OfThisProcessHaveThisFunction) {
  const auto maps = read_proc_maps(::getpid());
  ASSERT_TRUE(maps);
  const auto here = reinterpret_cast<uint64_t>(&read_proc_maps);
  EXPECT_TRUE(std::any_of(maps->begin(), maps->end(), [here](const ProcMapping& mapping) {
    return mapping.executable && mapping.start <= here && here < mapping.end;
  }));
  EXPECT_FALSE(read_proc_maps(-1));
}

}  // namespace
}  // namespace strobe::os
