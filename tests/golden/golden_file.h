// Compares text with a file of expected/; STROBE_UPDATE_GOLDEN=1 in the environment writes the file instead.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace strobe::test {

inline void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(GOLDEN_DIRECTORY) + "/" + name;
  if (const char* update = std::getenv("STROBE_UPDATE_GOLDEN"); update != nullptr && update[0] == '1') {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing; STROBE_UPDATE_GOLDEN=1 writes it";
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(actual, expected) << "differs from " << path;
}

}  // namespace strobe::test
