#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "symbolize/symbolizer.h"
#include "unit/symbolize/fixture.h"

namespace strobe::symbolize {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

StringId add_text(Profile& profile, const std::string& text) {
  profile.strings.push_back(text);
  return StringId{static_cast<uint32_t>(profile.strings.size() - 1)};
}

ModuleId add_module(Profile& profile, const ModuleRequest& request) {
  ModuleRow row = request.module;
  row.path = add_text(profile, request.path);
  profile.modules.push_back(row);
  return ModuleId{static_cast<uint32_t>(profile.modules.size() - 1)};
}

/// The fixture's addresses as frames, with a Python frame among them and a module that is gone.
Profile recorded_profile() {
  Profile profile;
  profile.state = RecordingState::recorded;
  const std::string path = fixture_path("dwarf5");
  const ModuleRequest request = request_for(path, text_addresses(path, 1));
  const ModuleId module = add_module(profile, request);
  for (const uint64_t address : request.addresses) {
    profile.frames.push_back({.kind = FrameKind::native, .module = module, .address = address});
  }
  profile.functions.push_back({.name = add_text(profile, "py_function"), .language = Language::python});
  profile.frames.push_back({.kind = FrameKind::python, .function = FunctionId{0}, .line = 5});
  const ModuleId gone = add_module(profile, {.path = "/nonexistent/lib.so"});
  for (uint64_t i = 0; i < 100; ++i) {
    profile.frames.push_back({.kind = FrameKind::native, .module = gone, .address = 0x1000 + i});
  }
  profile.frames.push_back({.kind = FrameKind::native, .address = 0x1234});
  return profile;
}

void symbolize_in_place(Profile& profile) {
  CollectedWarnings warnings;
  apply(symbolize_profile(profile, {}, warnings), profile);
}

TEST(SymbolizeProfile, FramesGetFunctionsAndInlinedCallers) {
  Profile profile = recorded_profile();
  const size_t physical = profile.frames.size();
  symbolize_in_place(profile);
  EXPECT_EQ(profile.state, RecordingState::symbolized);
  size_t deepest = 0;
  for (size_t i = 0; i < physical; ++i) {
    const FrameRow& frame = profile.frames[i];
    if (frame.kind != FrameKind::native || frame.module.index() != 0) continue;
    ASSERT_LT(frame.function.index(), profile.functions.size());
    size_t depth = 0;
    for (FrameId outer = frame.outer; !outer.is_none(); outer = profile.frames[outer.index()].outer) {
      ASSERT_LT(outer.index(), profile.frames.size());
      ASSERT_GE(outer.index(), physical);
      const FrameRow& caller = profile.frames[outer.index()];
      EXPECT_EQ(caller.kind, FrameKind::inlined);
      EXPECT_LT(caller.function.index(), profile.functions.size());
      EXPECT_TRUE(profile.text(caller.file).ends_with("inlining.cc"));
      ++depth;
    }
    deepest = std::max(deepest, depth);
  }
  EXPECT_EQ(deepest, 2u);  // innermost, middle, area
}

TEST(SymbolizeProfile, OneRowPerFunction) {
  Profile profile = recorded_profile();
  symbolize_in_place(profile);
  std::vector<std::string> names;
  for (const FunctionRow& row : profile.functions) names.push_back(profile.text(row.name));
  for (const char* name : {"outer::inner::innermost", "outer::inner::middle", "main", "py_function"}) {
    EXPECT_EQ(std::ranges::count(names, name), 1) << name;
  }
}

TEST(SymbolizeProfile, PythonFramesKeepTheirFunction) {
  Profile profile = recorded_profile();
  symbolize_in_place(profile);
  const auto frame = std::ranges::find(profile.frames, FrameKind::python, &FrameRow::kind);
  ASSERT_NE(frame, profile.frames.end());
  ASSERT_LT(frame->function.index(), profile.functions.size());
  EXPECT_EQ(profile.text(profile.functions[frame->function.index()].name), "py_function");
  EXPECT_EQ(frame->line, 5u);
}

TEST(SymbolizeProfile, WhatIsMissingIsCountedAndSaid) {
  Profile profile = recorded_profile();
  profile.quality.warnings = {"something else"};
  const size_t frames = profile.frames.size() - 1;  // without the Python one
  symbolize_in_place(profile);
  const SymbolCounts& symbols = profile.quality.symbols;
  EXPECT_EQ(symbols.frames, frames);
  EXPECT_EQ(symbols.missing, 101u);
  ASSERT_EQ(symbols.blame.size(), 2u);
  EXPECT_EQ(symbols.blame[0], (Blame{"/nonexistent/lib.so", LossReason::module_unreadable, 100}));
  EXPECT_EQ(symbols.blame[1], (Blame{"", LossReason::no_mapping, 1}));
  ASSERT_EQ(profile.quality.warnings.size(), 2u);
  EXPECT_EQ(profile.quality.warnings[0], "something else");
  EXPECT_THAT(profile.quality.warnings[1], HasSubstr("/nonexistent/lib.so"));
}

/// Samples of one stack: the named code of the fixture below, or above, nameless code of `library`.
Profile profile_with_library(const std::string& library, bool library_is_leaf) {
  Profile profile;
  profile.state = RecordingState::recorded;
  const std::string path = fixture_path("dwarf5");
  const ModuleRequest request = request_for(path, text_addresses(path, 1));
  const ModuleId program = add_module(profile, request);
  const ModuleId other = add_module(profile, {.path = library});
  const auto add_frame = [&](ModuleId module, uint64_t address) {
    profile.frames.push_back({.kind = FrameKind::native, .module = module, .address = address});
    const StackId caller = profile.stacks.empty() ? StackId{} : StackId{uint32_t(profile.stacks.size() - 1)};
    profile.stacks.push_back({caller, FrameId{uint32_t(profile.frames.size() - 1)}});
  };
  add_frame(program, request.addresses.at(0));  // the entry
  add_frame(other, 0x1000);
  add_frame(other, 0x2000);
  add_frame(program, request.addresses.at(1));
  if (library_is_leaf) add_frame(other, 0x3000);
  const StackId leaf{uint32_t(profile.stacks.size() - 1)};
  for (int i = 0; i < 10; ++i)
    profile.samples.push_back({.stack = leaf, .stack_class = StackClass::complete});
  return profile;
}

TEST(SymbolizeProfile, WhereTheCLibraryStartsThreadsNoNameIsMissed) {
  // Debian's libc.so.6 has no symbols for the code that calls main.
  Profile profile = profile_with_library("/nonexistent/libc.so.6", false);
  symbolize_in_place(profile);
  EXPECT_THAT(profile.quality.warnings, ::testing::IsEmpty());
  EXPECT_EQ(profile.quality.symbols.missing, 2u) << "counted all the same";

  for (const auto& [library, is_leaf] :
       {std::pair{"/nonexistent/libc.so.6", true}, std::pair{"/nonexistent/libcurl.so.4", false}}) {
    Profile missed = profile_with_library(library, is_leaf);
    symbolize_in_place(missed);
    EXPECT_THAT(missed.quality.warnings, Contains(HasSubstr("100 % of the samples"))) << library;
  }
}

TEST(SymbolizeProfile, TwiceIsTheSameAsOnce) {
  Profile once = recorded_profile();
  symbolize_in_place(once);
  Profile twice = once;
  symbolize_in_place(twice);
  EXPECT_EQ(twice.strings, once.strings);
  ASSERT_EQ(twice.frames.size(), once.frames.size());
  for (size_t i = 0; i < once.frames.size(); ++i) {
    EXPECT_EQ(twice.frames[i].function, once.frames[i].function);
    EXPECT_EQ(twice.frames[i].outer, once.frames[i].outer);
    EXPECT_EQ(twice.frames[i].line, once.frames[i].line);
    EXPECT_EQ(twice.frames[i].file, once.frames[i].file);
  }
  ASSERT_EQ(twice.functions.size(), once.functions.size());
  for (size_t i = 0; i < once.functions.size(); ++i)
    EXPECT_EQ(twice.functions[i].name, once.functions[i].name);
  EXPECT_EQ(twice.quality.warnings, once.quality.warnings);
  EXPECT_EQ(twice.quality.symbols.missing, once.quality.symbols.missing);
}

TEST(SymbolizeProfile, KernelAddressesOfAnotherBootStayNameless) {
  Profile profile;
  profile.info.start_unix_ns = 1;  // 1970
  profile.modules.push_back({.kind = ModuleKind::kernel, .path = add_text(profile, "[kernel]")});
  profile.frames.push_back({.kind = FrameKind::kernel, .module = ModuleId{0}, .address = 0xffffffff81000100});
  symbolize_in_place(profile);
  EXPECT_TRUE(profile.frames[0].function.is_none());
  EXPECT_EQ(profile.quality.symbols.missing, 1u);
}

TEST(SymbolizeProfile, EmptyProfile) {
  Profile profile;
  symbolize_in_place(profile);
  EXPECT_TRUE(profile.functions.empty());
  EXPECT_EQ(profile.quality.symbols.frames, 0u);
}

}  // namespace
}  // namespace strobe::symbolize
