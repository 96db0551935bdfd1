// One program, its debug information packed and spread over files in every way that is known: the answers
// have to be those for the plain file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"
#include "symbolize/module_files.h"
#include "symbolize/symbolizer.h"
#include "unit/symbolize/fixture.h"

namespace strobe::symbolize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModuleSymbols symbolize_one(const ModuleRequest& request, const SymbolizeOptions& options = {}) {
  CollectedWarnings warnings;
  auto answers = symbolize({request}, options, warnings);
  EXPECT_EQ(answers.size(), 1u);
  return answers.empty() ? ModuleSymbols{} : std::move(answers.front());
}

struct Package {
  const char* name;
  const char* plain;  ///< the same program with everything in one file
};

class Packaging : public ::testing::TestWithParam<Package> {};

TEST_P(Packaging, AnswersAsForThePlainFile) {
  const auto& [name, plain] = GetParam();
  if (!has_fixture(name)) GTEST_SKIP() << "the tool that makes this package is not installed";
  const auto addresses = text_addresses(fixture_path(plain), 1);
  ASSERT_GT(addresses.size(), 300u);
  const auto expected = symbolize_one(request_for(fixture_path(plain), addresses));
  const auto found = symbolize_one(request_for(fixture_path(name), addresses));
  EXPECT_EQ(found.reason, LossReason::none) << found.note;
  EXPECT_THAT(found.lost, IsEmpty());
  size_t with_inlined = 0;
  for (size_t i = 0; i < addresses.size(); ++i) {
    EXPECT_EQ(describe(found.symbols[i]), describe(expected.symbols[i])) << addresses[i];
    if (found.symbols[i].size() > 2) ++with_inlined;
  }
  EXPECT_GT(with_inlined, 20u);
}
INSTANTIATE_TEST_SUITE_P(Kinds, Packaging,
                         ::testing::Values(Package{"packed_zlib", "dwarf5"},
                                           Package{"packed_zlib-gnu", "dwarf5"},
                                           Package{"packed_zstd", "dwarf5"}, Package{"dwz_alone", "dwarf4"},
                                           Package{"dwz_shared", "dwarf5"}, Package{"split4", "dwarf4"},
                                           Package{"split5", "dwarf5"}, Package{"split_clang", "clang"},
                                           Package{"dwp4", "dwarf4"}, Package{"dwp5", "clang"}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(MiniDebugInfo, NamesFunctionsThatTheDynamicSymbolsLack) {
  if (!has_fixture("mini")) GTEST_SKIP() << "xz is not installed";
  const auto addresses = text_addresses(fixture_path("dwarf5"), 1);
  const auto expected = symbolize_one(request_for(fixture_path("dwarf5"), addresses));
  const auto found = symbolize_one(request_for(fixture_path("mini"), addresses));
  EXPECT_EQ(found.reason, LossReason::none) << found.note;
  for (size_t i = 0; i < addresses.size(); ++i) {
    ASSERT_EQ(found.symbols[i].size(), 1u);
    EXPECT_EQ(found.symbols[i][0].line, 0u);
    const SourceFrame& whole = expected.symbols[i].back();
    const std::string& linkage = whole.linkage_name.empty() ? whole.function : whole.linkage_name;
    EXPECT_TRUE(found.symbols[i][0].linkage_name == linkage || found.symbols[i][0].function == linkage)
        << found.symbols[i][0].function << " instead of " << linkage;
  }
}

TEST(MiniDebugInfo, CutOffOrTooLargeIsAsIfItWereNotThere) {
  if (!has_fixture("mini")) GTEST_SKIP() << "xz is not installed";
  const test::TemporaryFolder folder;
  std::ifstream in(fixture_path("mini"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto file = load_elf_file(fixture_path("mini"));
  ASSERT_TRUE(file);
  const elf::Section* section = file->elf.find_section(".gnu_debugdata");
  ASSERT_NE(section, nullptr);
  for (const uint64_t at : {uint64_t{0}, section->size / 2, section->size - 20}) {
    std::string damaged = whole;
    for (uint64_t i = at; i < std::min(at + 16, section->size); ++i) damaged[section->offset + i] ^= 0x55;
    std::ofstream(folder.file("damaged"), std::ios::binary) << damaged;
    const auto answer = symbolize_one(
        {.path = folder.file("damaged"), .addresses = text_addresses(fixture_path("dwarf5"), 50)});
    EXPECT_EQ(answer.reason, LossReason::no_symbols);
  }
}

TEST(SplitDwarf, WithoutTheDwoFileThereAreLinesAndSymbols) {
  const std::string path = fixture_path("split_lost");
  const auto addresses = text_addresses(path, 7);
  const auto found = symbolize_one(request_for(path, addresses));
  for (const AddressSymbols& symbols : found.symbols) {
    ASSERT_EQ(symbols.size(), 1u);
    EXPECT_FALSE(symbols[0].function.empty());
    EXPECT_NE(symbols[0].file, "");
  }
}

TEST(DebugFiles, ThoseOfAnotherBuildAreRefusedAndSaid) {
  const test::TemporaryFolder folder;
  const auto request = request_for(fixture_path("stripped"), text_addresses(fixture_path("dwarf5"), 5));
  const std::string& id = request.module.build_id;
  const std::string directory = folder.path() + "/.build-id/" + id.substr(0, 2);
  std::filesystem::create_directories(directory);
  const std::string wrong = directory + "/" + id.substr(2) + ".debug";
  std::filesystem::copy_file(fixture_path("dwarf4"), wrong);
  const auto wrong_id = load_elf_file(wrong)->elf.build_id();
  const auto answer = symbolize_one(request, {.debug_directories = {folder.path()}});
  EXPECT_EQ(answer.reason, LossReason::no_symbols);
  EXPECT_THAT(answer.refused, ElementsAre(AllOf(HasSubstr(wrong), HasSubstr(id), HasSubstr(wrong_id))));
  // The right one elsewhere: nothing to tell.
  const test::TemporaryFolder other;
  std::filesystem::create_directories(other.path() + "/.build-id/" + id.substr(0, 2));
  std::filesystem::copy_file(fixture_path("linked.debug"),
                             other.path() + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug");
  const auto good = symbolize_one(request, {.debug_directories = {folder.path(), other.path()}});
  EXPECT_EQ(good.reason, LossReason::none);
  EXPECT_THAT(good.refused, ::testing::IsEmpty());
}

TEST(DebugFiles, ThoseThatAreCutShortAreSaid) {
  const test::TemporaryFolder folder;
  const auto request = request_for(fixture_path("stripped"), text_addresses(fixture_path("dwarf5"), 5));
  const std::string& id = request.module.build_id;
  const std::string directory = folder.path() + "/.build-id/" + id.substr(0, 2);
  std::filesystem::create_directories(directory);
  const std::string cut = directory + "/" + id.substr(2) + ".debug";
  std::filesystem::copy_file(fixture_path("linked.debug"), cut);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  const auto answer = symbolize_one(request, {.debug_directories = {folder.path()}});
  EXPECT_EQ(answer.reason, LossReason::no_symbols);
  EXPECT_THAT(answer.refused, ElementsAre(AllOf(HasSubstr(cut), HasSubstr("cut short"))));
}

}  // namespace
}  // namespace strobe::symbolize
