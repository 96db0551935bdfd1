// MD5 hashes of line tables: a table made by hand, and everything that can be wrong with one.
#include "symbolize/line_table_files.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <span>

namespace strobe::symbolize {
namespace {

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string u32(uint32_t value) {
  std::string text(sizeof value, '\0');
  std::memcpy(text.data(), &value, sizeof value);
  return text;
}

/// Directory formats: path as .debug_line_str offset; file formats: path inline, directory as udata, MD5.
std::string table_body(uint8_t version = 5) {
  std::string body;
  body += {static_cast<char>(version), 0, 8, 0};
  body += u32(0);                       // header_length, which readers need not believe
  body += {1, 1, 1, '\xfb', 14, 2, 1};  // … opcode_base 2: one standard length
  body += {1, 1, 0x1f, 2};              // directories: DW_LNCT_path as line_strp; two
  body += u32(0) + u32(5);
  body += {3, 1, 0x08, 2, 0x0f, 5, 0x1e};  // files: path string, directory udata, MD5 data16
  body += {3};
  body += std::string("a.c") + '\0' + '\0' + std::string(16, '\x11');
  body += std::string("b.h") + '\0' + '\1' + std::string(16, '\x22');
  body += std::string("/abs/c.h") + '\0' + '\1' + std::string(16, '\x33');
  return body;
}

std::string table(const std::string& body) { return u32(static_cast<uint32_t>(body.size())) + body; }

const std::string kStrings = std::string("/src") + '\0' + "include" + '\0';
const std::set<std::string> kWanted = {"/src/a.c", "/src/include/b.h", "/abs/c.h", "/src/other.c"};

SourceHashes hashes_of(const std::string& section, const std::set<std::string>& wanted = kWanted) {
  SourceHashes hashes;
  collect_source_hashes({bytes_of(section), bytes_of(kStrings), {}}, wanted, hashes);
  return hashes;
}

TEST(LineTableFiles, GiveTheHashesOfWantedPaths) {
  const SourceHashes expected = {{"/src/a.c", std::string(32, '1')},
                                 {"/src/include/b.h", std::string(32, '2')},
                                 {"/abs/c.h", std::string(32, '3')}};
  EXPECT_EQ(hashes_of(table(table_body())), expected);
  EXPECT_EQ(hashes_of(table(table_body()), {"/src/a.c"}).size(), 1U);
}

TEST(LineTableFiles, TablesOfOtherVersionsAreSkipped) {
  EXPECT_TRUE(hashes_of(table(table_body(4))).empty());
  EXPECT_EQ(hashes_of(table(table_body(4)) + table(table_body())).size(), 3U);
}

TEST(LineTableFiles, TablesOf64BitsAreRead) {
  std::string body = table_body();
  body.insert(8, 4, '\0');  // header_length and offsets take 8 bytes
  const size_t first = body.find(u32(0) + u32(5), 12);
  ASSERT_NE(first, std::string::npos);
  body.replace(first, 8, u32(0) + u32(0) + u32(5) + u32(0));
  const std::string section = u32(0xffffffff) + u32(static_cast<uint32_t>(body.size())) + u32(0) + body;
  EXPECT_EQ(hashes_of(section).size(), 3U);
}

TEST(LineTableFiles, CutOffAnywhere) {
  const std::string whole = table(table_body());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(hashes_of(whole.substr(0, size)).empty());
  const std::string body = table_body();
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_TRUE(hashes_of(table(body.substr(0, size))).empty()) << size;
  }
}

TEST(LineTableFiles, WithAnyByteChanged) {  // ends, and within the bytes: sanitizers watch
  const std::string whole = table(table_body()) + table(table_body());
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = whole;
    for (int i = 0; i <= round % 3; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    for (const auto& [path, hash] : hashes_of(changed)) {
      EXPECT_EQ(kWanted.count(path), 1U);
      EXPECT_EQ(hash.size(), 32U);
    }
  }
}

TEST(LineTableFiles, ACountWithoutFormatsEndsTheTable) {
  std::string body = table_body();
  body = body.substr(0, 15) + std::string("\0\xff\xff\xff\xff\x0f", 6);
  EXPECT_TRUE(hashes_of(table(body)).empty());
}

}  // namespace
}  // namespace strobe::symbolize
