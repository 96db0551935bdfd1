#include "symbolize/symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "support/temporary_folder.h"
#include "symbolize/demangle.h"
#include "symbolize/module_files.h"
#include "unit/symbolize/fixture.h"

namespace strobe::symbolize {
namespace {

using ::testing::HasSubstr;

ModuleSymbols symbolize_one(const ModuleRequest& request, const SymbolizeOptions& options = {}) {
  CollectedWarnings warnings;
  auto answers = symbolize({request}, options, warnings);
  EXPECT_EQ(answers.size(), 1u);
  return answers.empty() ? ModuleSymbols{} : std::move(answers.front());
}

std::string describe(const std::vector<OracleFrame>& frames) {
  std::string text;
  for (const OracleFrame& frame : frames) {
    text += fmt::format("  {} {}:{}\n", frame.function, frame.file, frame.line);
  }
  return text;
}

bool names_agree(const SourceFrame& ours, const std::string& oracle) {
  if (ours.function == demangle(oracle) || ours.linkage_name == oracle) return true;
  return ours.function.ends_with("::" + oracle);  // the oracle has no scopes where there is no linkage name
}

bool agree(const AddressSymbols& ours, const std::vector<OracleFrame>& oracle) {
  if (ours.size() != oracle.size()) return false;
  for (size_t i = 0; i < ours.size(); ++i) {
    if (ours[i].line != oracle[i].line || ours[i].file != oracle[i].file) return false;
    if (names_agree(ours[i], oracle[i].function)) continue;
    // binutils gives an inlined function without a linkage name the name of the symbol it was inlined into.
    const bool borrowed_name = i == 0 && ours.size() > 1 && ours[0].linkage_name.empty() &&
                               oracle[0].function == oracle.back().function;
    if (!borrowed_name) return false;
  }
  return true;
}

class SymbolizeFixture : public ::testing::TestWithParam<const char*> {};

TEST_P(SymbolizeFixture, AgreesWithAddr2line) {
  if (!has_fixture(GetParam())) GTEST_SKIP() << "no such compiler here";
  const std::string path = fixture_path(GetParam());
  const std::vector<uint64_t> addresses = text_addresses(path, 1);
  ASSERT_GT(addresses.size(), 300u);
  const auto oracle = run_addr2line(path, addresses);
  ASSERT_EQ(oracle.size(), addresses.size()) << "addr2line (binutils) is needed";
  const ModuleSymbols answer = symbolize_one(request_for(path, addresses));
  EXPECT_EQ(answer.reason, LossReason::none) << answer.note;
  ASSERT_EQ(answer.symbols.size(), addresses.size());
  size_t inlined = 0;
  for (size_t i = 0; i < addresses.size(); ++i) {
    EXPECT_TRUE(agree(answer.symbols[i], oracle[i]))
        << fmt::format("{:#x}\n", addresses[i]) << describe(answer.symbols[i]) << "addr2line:\n"
        << describe(oracle[i]);
    if (answer.symbols[i].size() > 2) ++inlined;
  }
  if (std::string(GetParam()) != "unoptimized") {
    EXPECT_GT(inlined, 20u);
  }
}
INSTANTIATE_TEST_SUITE_P(Compilers, SymbolizeFixture,
                         ::testing::Values("dwarf5", "dwarf4", "unoptimized", "no_pie", "no_build_id",
                                           "clang"),
                         [](const auto& test) { return test.param; });

TEST(Symbolize, DebugFileByDebugLinkGivesTheSameAsTheWholeFile) {
  for (const auto& [stripped, whole] :
       {std::pair("linked", "dwarf5"), std::pair("linked_no_id", "no_build_id")}) {
    const auto addresses = text_addresses(fixture_path(whole), 3);
    ASSERT_GT(addresses.size(), 100u);
    const auto expected = symbolize_one(request_for(fixture_path(whole), addresses));
    const auto found = symbolize_one(request_for(fixture_path(stripped), addresses));
    for (size_t i = 0; i < addresses.size(); ++i) {
      EXPECT_EQ(describe(found.symbols[i]), describe(expected.symbols[i])) << stripped;
    }
  }
}

TEST(Symbolize, DebugFileByBuildId) {
  const test::TemporaryFolder folder;
  const auto request = request_for(fixture_path("stripped"), text_addresses(fixture_path("dwarf5"), 5));
  const std::string& id = request.module.build_id;
  ASSERT_GT(id.size(), 4u);
  const std::string directory = folder.path() + "/.build-id/" + id.substr(0, 2);
  std::filesystem::create_directories(directory);
  std::filesystem::copy_file(fixture_path("linked.debug"), directory + "/" + id.substr(2) + ".debug");
  const auto without = symbolize_one(request);
  EXPECT_EQ(without.reason, LossReason::no_symbols);
  EXPECT_THAT(without.note, HasSubstr("debug symbols"));
  const auto with = symbolize_one(request, {.debug_directories = {folder.path()}});
  EXPECT_EQ(with.reason, LossReason::none);
  ASSERT_FALSE(with.symbols.front().empty());
  EXPECT_NE(with.symbols.front().back().line, 0u);
}

TEST_P(SymbolizeFixture, HasScopesAndPlacesOfDefinition) {
  if (!has_fixture(GetParam())) GTEST_SKIP() << "no such compiler here";
  const std::string path = fixture_path(GetParam());
  const ModuleSymbols answer = symbolize_one(request_for(path, text_addresses(path, 1)));
  std::vector<std::string> seen;
  for (const AddressSymbols& symbols : answer.symbols) {
    for (const SourceFrame& frame : symbols) {
      seen.push_back(frame.function);
      EXPECT_TRUE(frame.function_file.ends_with("fixtures/inlining.cc")) << frame.function;
      EXPECT_NE(frame.function_line, 0u) << frame.function;
    }
  }
  for (const char* name :
       {"main", "plain_c_function", "outer::inner::Shape::area", "outer::inner::middle",
        "outer::inner::innermost", "outer::inner::twice<long>", "(anonymous namespace)::hidden",
        "(anonymous namespace)::hidden_and_inlined", "with_lambda"}) {
    EXPECT_THAT(seen, ::testing::Contains(name));
  }
}

TEST(Symbolize, SymbolTableAlone) {
  const std::string path = fixture_path("no_debug");
  const ModuleSymbols answer = symbolize_one(request_for(path, text_addresses(path, 1)));
  EXPECT_EQ(answer.reason, LossReason::none);
  for (const AddressSymbols& symbols : answer.symbols) {
    ASSERT_EQ(symbols.size(), 1u);
    EXPECT_FALSE(symbols[0].function.empty());
    EXPECT_EQ(symbols[0].line, 0u);
  }
}

TEST(Symbolize, PltStubs) {
  const std::string path = fixture_path("no_debug");
  const auto file = load_elf_file(path);
  ASSERT_TRUE(file);
  std::vector<std::string> names;
  for (const elf::Section& section : file->elf.sections()) {
    if (!section.name.starts_with(".plt")) continue;
    std::vector<uint64_t> addresses;
    for (uint64_t i = 0; i < section.size; ++i) addresses.push_back(raw(section.address) + i);
    for (const auto& symbols : symbolize_one(request_for(path, addresses)).symbols) {
      if (!symbols.empty()) names.push_back(symbols[0].function);
    }
  }
  EXPECT_THAT(names, ::testing::Contains("puts@plt"));
}

TEST(Symbolize, RefusesAFileThatIsNotTheOneThatRan) {
  auto request = request_for(fixture_path("dwarf5"), text_addresses(fixture_path("dwarf5"), 50));
  request.module.build_id = "00112233445566778899aabbccddeeff00112233";
  CollectedWarnings warnings;
  const auto answers = symbolize({request}, {}, warnings);
  EXPECT_EQ(answers[0].reason, LossReason::module_unreadable);
  EXPECT_THAT(answers[0].note, HasSubstr("has changed"));
  EXPECT_THAT(warnings.messages, ::testing::ElementsAre(HasSubstr("has changed")));
  for (const auto& symbols : answers[0].symbols) EXPECT_TRUE(symbols.empty());
}

TEST(Symbolize, WithoutBuildIdSizeAndTimeDecide) {
  auto request = request_for(fixture_path("no_build_id"), text_addresses(fixture_path("no_build_id"), 50));
  ASSERT_TRUE(request.module.build_id.empty());
  EXPECT_EQ(symbolize_one(request).reason, LossReason::none);
  request.module.mtime_ns += 1;
  EXPECT_EQ(symbolize_one(request).reason, LossReason::module_unreadable);
}

TEST(Symbolize, FileThatIsGone) {
  ModuleRequest request{.path = "/nonexistent/library.so", .addresses = {0x1000}};
  const auto answer = symbolize_one(request);
  EXPECT_EQ(answer.reason, LossReason::module_unreadable);
  EXPECT_THAT(answer.note, HasSubstr("/nonexistent/library.so"));
}

TEST(Symbolize, DamagedFilesNeverCrash) {
  const test::TemporaryFolder folder;
  std::ifstream in(fixture_path("dwarf5"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto addresses = text_addresses(fixture_path("dwarf5"), 25);
  const std::string path = folder.path() + "/damaged";
  uint32_t random = 12345;
  const auto next_random = [&random] { return random = random * 1664525 + 1013904223; };
  for (int round = 0; round < 200; ++round) {
    std::string damaged = whole;
    if (round % 4 == 0) damaged.resize(next_random() % damaged.size());
    for (int flip = 0; flip < 40 && !damaged.empty(); ++flip) {
      damaged[next_random() % damaged.size()] = static_cast<char>(next_random() >> 24);
    }
    std::ofstream(path, std::ios::binary) << damaged;
    const auto answer = symbolize_one({.path = path, .addresses = addresses});
    EXPECT_EQ(answer.symbols.size(), addresses.size());
  }
}

TEST(Symbolize, OwnVdso) {
  ModuleRequest request{.module = {.kind = ModuleKind::vdso}, .path = "[vdso]"};
  for (uint64_t i = 0; i < 4096; ++i) request.addresses.push_back(i);
  std::vector<std::string> names;
  for (const auto& symbols : symbolize_one(request).symbols) {
    if (!symbols.empty()) names.push_back(symbols[0].function);
  }
  EXPECT_THAT(names, ::testing::Contains(::testing::AnyOf("clock_gettime", "__vdso_clock_gettime",
                                                          "__kernel_clock_gettime")));
}

TEST(Symbolize, AnswersInOrderWithManyThreads) {
  std::vector<ModuleRequest> requests;
  for (int i = 0; i < 12; ++i) {
    const std::string path = fixture_path(i % 2 == 0 ? "dwarf4" : "no_debug");
    requests.push_back(request_for(path, text_addresses(path, 10 + static_cast<uint64_t>(i))));
  }
  requests.push_back({});
  CollectedWarnings warnings;
  const auto answers = symbolize(requests, {.threads = 8}, warnings);
  ASSERT_EQ(answers.size(), requests.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].symbols.size(), requests[i].addresses.size());
    if (i + 1 == answers.size()) continue;
    EXPECT_EQ(answers[i].symbols[0][0].line != 0, i % 2 == 0);
  }
}

}  // namespace
}  // namespace strobe::symbolize
