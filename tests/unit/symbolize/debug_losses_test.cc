// Debug information that is not all there, or that is no file: everything else is answered at once, and what
// is missing is said.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temporary_folder.h"
#include "symbolize/dwarf_module.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"
#include "unit/symbolize/fixture.h"

namespace strobe::symbolize {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DebugLosses : public ::testing::Test {
 protected:
  std::string copy(const std::string& fixture) {
    fs::copy_file(fixture_path(fixture), folder_.file(fixture), fs::copy_options::overwrite_existing);
    return folder_.file(fixture);
  }
  /// A copy of split_lost whose compilation took place in the test's folder: there its .dwo file is looked
  /// for.
  std::string copy_of_split() {
    const std::string path = copy("split_lost");
    std::string bytes = test::read_file(path);
    const std::string built_in = fs::path(fixture_path("split_lost")).parent_path();
    EXPECT_LT(folder_.path().size(), built_in.size());
    std::string here = folder_.path();
    here.resize(built_in.size(), '\0');
    size_t changes = 0;
    for (size_t at = 0; (at = bytes.find(built_in, at)) != std::string::npos; ++changes) {
      bytes.replace(at, here.size(), here);
    }
    EXPECT_GT(changes, 0u);
    test::write_file(path, bytes);
    return path;
  }
  ModuleSymbols symbolize_file(const std::string& path, const std::string& addresses_of = {}) {
    CollectedWarnings warnings;
    const std::string source = addresses_of.empty() ? path : fixture_path(addresses_of);
    auto answers = symbolize({request_for(path, text_addresses(source, 7))}, options_, warnings);
    return std::move(answers.at(0));
  }

  test::TemporaryFolder folder_;
  SymbolizeOptions options_{.debug_directories = {}};
};

/// Names from the symbol table, and lines.
void expect_lines_and_symbols(const ModuleSymbols& answer) {
  EXPECT_EQ(answer.reason, LossReason::none) << answer.note;
  EXPECT_FALSE(answer.symbols.empty());
  for (const AddressSymbols& symbols : answer.symbols) {
    ASSERT_EQ(symbols.size(), 1u);
    EXPECT_NE(symbols[0].function, "");
    EXPECT_NE(symbols[0].file, "");
  }
}

TEST_F(DebugLosses, AMissingDwoFileIsSaidEveryTime) {
  const std::string path = copy_of_split();
  options_.cache_directory = folder_.file("cache");
  for (int round = 0; round < 2; ++round) {  // the second would find answers in the cache
    const auto answer = symbolize_file(path);
    expect_lines_and_symbols(answer);
    EXPECT_THAT(answer.lost, ElementsAre(AllOf(HasSubstr("1 unit of " + path),
                                               HasSubstr(folder_.file("split_lost.dwo") + " is missing"))));
  }
}

TEST_F(DebugLosses, APackageThatLacksAUnitIsSaid) {
  const std::string path = copy_of_split();
  std::vector<std::string> packages = {"", "no package"};
  if (has_fixture("dwp4")) packages.push_back(test::read_file(fixture_path("dwp4.dwp")));  // of another build
  for (const std::string& bytes : packages) {
    test::write_file(path + ".dwp", bytes);
    const auto answer = symbolize_file(path);
    expect_lines_and_symbols(answer);
    EXPECT_THAT(answer.lost, ElementsAre(HasSubstr(path + ".dwp does not have them")));
  }
}

/// Whatever is wrong with a package: the outermost function is named by the symbol table.
TEST_F(DebugLosses, ADamagedPackageIsNoHarm) {
  for (const std::string fixture : {"dwp4", "dwp5"}) {
    if (!has_fixture(fixture)) continue;
    const std::string path = copy(fixture);
    const std::string whole = test::read_file(fixture_path(fixture + ".dwp"));
    for (size_t part = 0; part < 16; ++part) {
      std::string damaged = whole;
      const size_t begin = whole.size() / 16 * part;
      for (size_t i = begin; i < begin + whole.size() / 16; i += 3) damaged[i] ^= 0x5a;
      test::write_file(path + ".dwp", damaged);
      const auto answer = symbolize_file(path);
      for (const AddressSymbols& symbols : answer.symbols) {
        ASSERT_FALSE(symbols.empty()) << fixture << ' ' << part;
        EXPECT_NE(symbols.back().function, "") << fixture << ' ' << part;
      }
    }
  }
}

TEST_F(DebugLosses, DwoPathsThatAreNoFilesAreNotOpened) {
  const std::string path = copy_of_split();
  const std::string dwo = folder_.file("split_lost.dwo");
  const auto expect_refused = [&] {
    const auto answer = symbolize_file(path);
    expect_lines_and_symbols(answer);
    EXPECT_THAT(answer.lost, ElementsAre(HasSubstr(dwo + " is not an ordinary file")));
    fs::remove(dwo);
  };
  ASSERT_EQ(::mkfifo(dwo.c_str(), 0600), 0);
  expect_refused();
  fs::create_symlink("/dev/zero", dwo);
  expect_refused();
  fs::create_directory(dwo);
  expect_refused();
}

TEST_F(DebugLosses, ADwoFileOfAnotherBuildIsNotUsed) {
  const std::string path = copy_of_split();
  fs::copy_file(fixture_path("split5.dwo"), folder_.file("split_lost.dwo"));
  fs::resize_file(folder_.file("split_lost.dwo"), 200);  // its header and little else
  const auto answer = symbolize_file(path);
  expect_lines_and_symbols(answer);
  EXPECT_THAT(answer.lost, ElementsAre(HasSubstr("cannot be read, or is of another build")));
}

TEST_F(DebugLosses, DebugLinksToNoFilesAreNotOpened) {
  const std::string path = copy("linked");
  const std::string debug = folder_.file("linked.debug");
  for (const bool is_device : {false, true}) {
    if (is_device) {
      fs::create_symlink("/dev/zero", debug);
    } else {
      ASSERT_EQ(::mkfifo(debug.c_str(), 0600), 0);
    }
    const auto answer = symbolize_file(path, "dwarf5");
    EXPECT_EQ(answer.reason, LossReason::no_symbols);
    EXPECT_THAT(answer.note, HasSubstr("install its debug symbols"));
    fs::remove(debug);
  }
}

TEST_F(DebugLosses, SupplementsThatAreNoFilesAreNotOpenedAndSaid) {
  if (!has_fixture("dwz_shared")) GTEST_SKIP() << "dwz is not installed";
  const std::string path = copy("dwz_shared");
  const std::string supplement = folder_.file("dwz_common");
  for (const char* kind : {"absent", "fifo", "device"}) {
    if (kind == std::string("fifo")) {
      ASSERT_EQ(::mkfifo(supplement.c_str(), 0600), 0);
    }
    if (kind == std::string("device")) fs::create_symlink("/dev/zero", supplement);
    const auto answer = symbolize_file(path);
    for (const AddressSymbols& symbols : answer.symbols) {  // the symbol table is there
      ASSERT_FALSE(symbols.empty()) << kind;
      EXPECT_NE(symbols.back().function, "") << kind;
    }
    EXPECT_THAT(answer.lost, ElementsAre(AllOf(HasSubstr(path), HasSubstr("dwz_common")))) << kind;
    fs::remove(supplement);
  }
  fs::copy_file(fixture_path("dwz_common"), supplement);
  EXPECT_THAT(symbolize_file(path).lost, IsEmpty());
}

TEST_F(DebugLosses, AFileThatSomebodyBeginsToWriteIsGivenUpAndSaid) {
  const std::string path = copy("dwarf5");
  constexpr uint64_t kLarge = uint64_t{9} << 20;  // worth a lease
  fs::resize_file(path, kLarge);
  ASSERT_EQ(::chmod(path.c_str(), 0664), 0);  // else root's files are mapped without one
  const auto file = load_elf_file(path);
  ASSERT_TRUE(file);
  if (!file->lease) GTEST_SKIP() << "the file system of " << path << " has no leases";
  const auto source = DwarfSource::open(*file, {});
  ASSERT_NE(source, nullptr);
  const auto addresses = text_addresses(path, 7);
  EXPECT_THAT(describe_losses(find_in_dwarf(*source, addresses).losses, path, ""), IsEmpty());
  // Would wait for us to let go.
  ASSERT_EQ(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
  ASSERT_EQ(errno, EWOULDBLOCK);
  const auto answers = find_in_dwarf(*source, addresses);
  for (const AddressSymbols& symbols : answers.symbols) EXPECT_THAT(symbols, IsEmpty());
  EXPECT_THAT(describe_losses(answers.losses, path, ""),
              ElementsAre(AllOf(HasSubstr(path), HasSubstr("was being changed"))));
}

}  // namespace
}  // namespace strobe::symbolize
