// Names as reports show them: short ones, and when functions would look alike.
#include "symbolize/short_name.h"

#include <gtest/gtest.h>

#include <string>

#include "symbolize/choose_names.h"
#include "symbolize/demangle.h"

namespace strobe::symbolize {
namespace {

TEST(ShortName, OfWhatDemanglersWrite) {
  const struct {
    const char* name;
    const char* brief;
  } kCases[] = {
      {"main", "main"},
      {"", ""},
      {"std::vector<int, std::allocator<int> >::push_back", "std::vector<…>::push_back"},
      {"std::sort<int*>", "std::sort<…>"},
      {"std::sort<int*>(int*, int*)", "std::sort<…>"},
      {"a<b<c>, d<e> >::f<g>::h", "a<…>::f<…>::h"},
      {"f<>", "f<>"},
      // Constructors and destructors.
      {"std::vector<int, std::allocator<int> >::vector", "std::vector<…>::vector"},
      {"std::vector<int, std::allocator<int> >::~vector", "std::vector<…>::~vector"},
      // Strings and streams of the standard library.
      {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::append",
       "std::string::append"},
      {"std::basic_ostream<char, std::char_traits<char> >::operator<<", "std::ostream::operator<<"},
      {"std::__cxx11::basic_string<wchar_t, std::char_traits<wchar_t> >::append",
       "std::basic_string<…>::append"},
      {"std::__cxx11::regex_traits<char>::value", "std::regex_traits<…>::value"},
      {"std::__n4861::coroutine_handle<Gen>::resume", "std::coroutine_handle<…>::resume"},
      {"mystd::__cxx11::basic_string<char, int>::f", "mystd::__cxx11::basic_string<…>::f"},
      // Operators.
      {"A<int>::operator<", "A<…>::operator<"},
      {"A<int>::operator< <int>", "A<…>::operator< <…>"},
      {"std::operator<< <std::char_traits<char> >", "std::operator<< <…>"},
      {"A<int>::operator->", "A<…>::operator->"},
      {"A<int>::operator-><long>", "A<…>::operator-><…>"},
      {"A<int>::operator->*", "A<…>::operator->*"},
      {"A<int>::operator()", "A<…>::operator()"},
      {"A<int>::operator()(int) const", "A<…>::operator()"},
      {"A<int>::operator()<B<int>, long>", "A<…>::operator()<…>"},
      {"A::operator<=>(A const&) const", "A::operator<=>"},
      {"A::operator[](unsigned long)", "A::operator[]"},
      {"operator\"\" _km", "operator\"\" _km"},
      {"operator new(unsigned long)", "operator new"},
      {"A<&B::operator< >::f", "A<…>::f"},
      {"A<&B::operator->>::f", "A<…>::f"},
      {"A<&B::operator()<int> >::f", "A<…>::f"},
      {"my_operator<int>::f", "my_operator<…>::f"},
      // Conversions.
      {"A<int>::operator bool", "A<…>::operator bool"},
      {"A<int>::operator std::vector<int, std::allocator<int> >", "A<…>::operator std::vector<…>"},
      // Lambdas, local classes, anonymous namespaces.
      {"main::{lambda(int)#1}::operator()", "main::{lambda#1}::operator()"},
      {"run(std::vector<int>)::{lambda(auto:1)#2}::operator()<int>(int) const",
       "run::{lambda#2}::operator()<…>"},
      {"main()::<lambda(int)>::operator()", "main::<lambda>::operator()"},
      {"main::{lambda:12}::operator()", "main::{lambda:12}::operator()"},
      {"f(int)::Local::g", "f::Local::g"},
      {"(anonymous namespace)::A<(anonymous namespace)::B>::f", "(anonymous namespace)::A<…>::f"},
      {"f(int) const::Local::g", "f::Local::g"},
      // Function pointers, expressions and arrows among the arguments.
      {"call<void (*)(int), &f>", "call<…>"},
      {"A<((3)>(2))>::f", "A<…>::f"},
      {"A<(sizeof (int))<(8)>::f", "A<…>::f"},
      {"f<fn(u32) -> alloc::vec::Vec<u8>>", "f<…>"},
      {"A::f[abi:cxx11]", "A::f"},
      {"app::range [resume]", "app::range [resume]"},
      {"non-virtual thunk to A<int>::f", "non-virtual thunk to A<…>::f"},
      // Rust.
      {"<alloc::string::String as core::fmt::Display>::fmt",
       "<alloc::string::String as core::fmt::Display>::fmt"},
      {"<alloc::vec::Vec<T, A> as core::ops::Drop>::drop", "<alloc::vec::Vec<…> as core::ops::Drop>::drop"},
      {"<app::Pool<u32>>::take::<u8>", "<app::Pool<…>>::take::<…>"},
      {"core::fmt::num::<impl core::fmt::Display for u32>::fmt",
       "core::fmt::num::<impl core::fmt::Display for u32>::fmt"},
      {"core::ptr::drop_in_place<alloc::string::String>", "core::ptr::drop_in_place<…>"},
      {"app::main::{closure#0}", "app::main::{closure#0}"},
      {"app::main::{{closure}}", "app::main::{{closure}}"},
      // Go writes its receivers in brackets, and its type arguments in others.
      {"main.(*Stage).Work", "main.(*Stage).Work"},
      {"main.apply[...]", "main.apply[...]"},
      {"main.apply[go.shape.int_0]", "main.apply[go.shape.int_0]"},
      // What does not match stays.
      {"a<b", "a<b"},
      {"a::operator", "a::operator"},
      {"a>b", "a>b"},
  };
  for (const auto& test : kCases) EXPECT_EQ(short_name(test.name), test.brief) << test.name;
}

TEST(ShortName, HostileNamesEnd) {
  for (const std::string piece : {"<", "(", "{<", "a<(", "operator<", "operator", "std::basic_<", "{a::"}) {
    std::string name;
    while (name.size() < 100'000) name += piece;
    EXPECT_LE(short_name(name).size(), 2 * name.size()) << piece;
    EXPECT_LE(short_name("f<" + name).size(), 2 * name.size()) << piece;
  }
  std::string nested;
  for (int i = 0; i < 20'000; ++i) nested = i < 10'000 ? nested + "(" : nested + ")";
  EXPECT_EQ(short_name("x " + nested).size(), nested.size() + 2);
}

/// A profile with functions of these linkage names, each at a line (0: unknown) of one file.
Profile profile_of(const std::vector<std::pair<const char*, uint32_t>>& functions) {
  Profile profile;
  profile.strings = {"/app", "app.cc"};
  profile.modules.push_back({.kind = ModuleKind::file, .path = StringId{0}});
  for (const auto& [linkage, line] : functions) {
    const auto id = static_cast<uint32_t>(profile.strings.size());
    profile.strings.push_back(demangle(linkage));
    profile.strings.emplace_back(linkage);
    profile.functions.push_back({.name = StringId{id},
                                 .linkage_name = StringId{id + 1},
                                 .module = ModuleId{0},
                                 .file = line != 0 ? StringId{1} : StringId{},
                                 .line = line});
  }
  return profile;
}

std::vector<std::string> chosen(Profile profile, NameStyle style) {
  choose_names(profile, style);
  std::vector<std::string> names;
  for (const FunctionRow& function : profile.functions) names.push_back(profile.text(function.name));
  return names;
}

TEST(ChooseNames, BriefAndFull) {
  const Profile profile = profile_of({{"_ZNSt6vectorIiSaIiEE9push_backERKi", 7},
                                      {"_RINvCs1234_5mycra3fooyE", 8},
                                      {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", 9},
                                      {"plain", 10}});
  EXPECT_EQ(chosen(profile, NameStyle::brief),
            (std::vector<std::string>{"std::vector<…>::push_back", "mycra::foo::<…>",
                                      "core::fmt::Formatter::pad", "plain"}));
  EXPECT_EQ(chosen(profile, NameStyle::full),
            (std::vector<std::string>{"std::vector<int, std::allocator<int> >::push_back(int const&)",
                                      "mycra::foo::<u64>", "core::fmt::Formatter::pad", "plain"}));
}

TEST(ChooseNames, FunctionsThatWouldLookAlikeAreNamedInFull) {
  const Profile unplaced = profile_of(
      {{"_Z4workIiEvT_", 0}, {"_Z4workIlEvT_", 0}, {"_Z3fooi", 0}, {"_Z3foov", 0}, {"_Z4workIiE1AT_", 0}});
  EXPECT_EQ(chosen(unplaced, NameStyle::brief),
            (std::vector<std::string>{"void work<int>(int)", "void work<long>(long)", "foo(int)", "foo()",
                                      "A work<int>(int)"}));
  // Overloads at different lines are told apart by these.
  EXPECT_EQ(chosen(profile_of({{"_Z3fooi", 3}, {"_Z3foov", 4}}), NameStyle::brief),
            (std::vector<std::string>{"foo", "foo"}));
  // Clones and the two constructors of a class are one function.
  EXPECT_EQ(chosen(profile_of({{"_Z3fooi", 0}, {"_Z3fooi.isra.0", 0}, {"_ZN1AC1Ev", 0}, {"_ZN1AC2Ev", 0}}),
                   NameStyle::brief),
            (std::vector<std::string>{"foo", "foo", "A::A", "A::A"}));
}

TEST(ChooseNames, NamesOfOtherLanguagesAndOfGeneratedCodeAreLeft) {
  Profile profile = profile_of({{"f(x)<y>", 0}, {"g(x)<y>", 0}, {"h(x)<y>", 0}});
  profile.functions[0].language = Language::python;
  profile.modules.push_back({.kind = ModuleKind::jit, .path = StringId{0}});
  profile.functions[1].module = ModuleId{1};
  EXPECT_EQ(chosen(profile, NameStyle::brief), (std::vector<std::string>{"f(x)<y>", "g(x)<y>", "h<…>"}));
}

}  // namespace
}  // namespace strobe::symbolize
