#include "symbolize/symbol_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.h"
#include "unit/symbolize/fixture.h"

namespace strobe::symbolize {
namespace {

CachedSymbols some_symbols() {
  CachedSymbols symbols;
  symbols[0x1000] = {{"inner", "_Z5innerv", "/a.cc", 3, "/a.cc", 1}, {"outer", "", "/b.cc", 9, "/b.cc", 7}};
  symbols[0x2000] = {};  // known to have no name
  symbols[UINT64_MAX] = {{.function = "only a name"}};
  return symbols;
}

Result<CachedSymbols> decode(const std::string& bytes, const std::string& identity) {
  return decode_symbol_cache(std::as_bytes(std::span(bytes.data(), bytes.size())), identity);
}

TEST(SymbolCache, RoundTrip) {
  const std::string bytes = encode_symbol_cache("identity", some_symbols());
  const auto decoded = decode(bytes, "identity");
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(encode_symbol_cache("identity", *decoded), bytes);
  ASSERT_EQ(decoded->size(), 3u);
  EXPECT_EQ(decoded->at(0x1000).size(), 2u);
  EXPECT_EQ(decoded->at(0x1000)[1].function, "outer");
  EXPECT_EQ(decoded->at(0x1000)[1].function_line, 7u);
  EXPECT_TRUE(decoded->at(0x2000).empty());
}

TEST(SymbolCache, OtherIdentityAndDamageAreRefused) {
  const std::string bytes = encode_symbol_cache("identity", some_symbols());
  EXPECT_FALSE(decode(bytes, "other"));
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(bytes.substr(0, size), "identity"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    EXPECT_FALSE(decode(damaged, "identity")) << i;
  }
  EXPECT_FALSE(decode(bytes + "x", "identity"));
}

class SymbolCacheOnDisk : public ::testing::Test {
 protected:
  std::string cache_file() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) return entry.path();
    }
    return {};
  }
  ModuleSymbols run() {
    CollectedWarnings warnings;
    return symbolize({request_}, {.cache_directory = folder_.file("cache/strobe")}, warnings).front();
  }

  const test::TemporaryFolder folder_;
  const ModuleRequest request_ =
      request_for(fixture_path("dwarf5"), text_addresses(fixture_path("dwarf5"), 7));
};

TEST_F(SymbolCacheOnDisk, AnswersComeFromTheFile) {
  const ModuleSymbols first = run();
  const std::string path = cache_file();
  ASSERT_FALSE(path.empty());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  // Another name planted in the file, with a right checksum, must come back: then nothing else was asked.
  const auto file = load_elf_file(request_.path);
  ASSERT_TRUE(file);
  ModuleFiles files = find_module_files(request_.module, request_.path, 0, {});
  SymbolCache cache(folder_.file("cache/strobe"), files);
  EXPECT_EQ(cache.path(), path);
  ASSERT_NE(cache.find(request_.addresses[0]), nullptr);
  cache.insert(request_.addresses[0], {{.function = "planted"}});
  cache.store();
  const ModuleSymbols second = run();
  EXPECT_EQ(second.symbols[0][0].function, "planted");
  for (size_t i = 1; i < first.symbols.size(); ++i) {
    ASSERT_EQ(second.symbols[i].size(), first.symbols[i].size());
    EXPECT_EQ(second.symbols[i][0].function, first.symbols[i][0].function);
    EXPECT_EQ(second.symbols[i][0].line, first.symbols[i][0].line);
  }
}

TEST_F(SymbolCacheOnDisk, DamagedFileIsReplaced) {
  const ModuleSymbols first = run();
  const std::string path = cache_file();
  const std::string good = test::read_file(path);
  test::write_file(path, good.substr(0, good.size() / 2));
  EXPECT_EQ(run().symbols[0][0].function, first.symbols[0][0].function);
  EXPECT_EQ(test::read_file(path), good);
}

TEST_F(SymbolCacheOnDisk, ALinkIsNotFollowed) {
  run();
  const std::string path = cache_file();
  const std::string good = test::read_file(path);
  const std::string elsewhere = folder_.file("elsewhere");
  test::write_file(elsewhere, good);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(elsewhere, path);
  run();
  EXPECT_FALSE(std::filesystem::is_symlink(path)) << "replaced by a file of our own";
  EXPECT_EQ(test::read_file(elsewhere), good) << "what the link named is untouched";
}

TEST_F(SymbolCacheOnDisk, UnwritableDirectoryDoesNoHarm) {
  test::write_file(folder_.file("cache"), "a file where a directory should be");
  EXPECT_EQ(run().reason, LossReason::none);
}

}  // namespace
}  // namespace strobe::symbolize
