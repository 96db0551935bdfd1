#include "symbolize/demangle.h"

#include <gtest/gtest.h>

#include <string>

namespace strobe::symbolize {
namespace {

TEST(Demangle, Names) {
  const struct {
    const char* linkage;
    const char* readable;
  } kCases[] = {
      {"main", "main"},
      {"", ""},
      {"_start", "_start"},
      {"_Z", "_Z"},
      {"_Z3foov", "foo"},
      {"_ZN2ns5Class6methodEi", "ns::Class::method"},
      {"_ZNK2ns5Class6methodEi", "ns::Class::method"},
      {"_ZN12_GLOBAL__N_16hiddenEl", "(anonymous namespace)::hidden"},
      {"_ZSt4sortIPiEvT_S1_", "std::sort<int*>"},
      {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"},
      {"_Z3foov.isra.0", "foo"},
      {"_Z3foov.part.0.cold", "foo"},
      {"compute.constprop.12", "compute"},
      {"file.with.dots", "file.with.dots"},
      {"memcpy@@GLIBC_2.14", "memcpy"},
      {"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
      {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
      {"_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE",
       "<alloc::string::String as core::fmt::Display>::fmt"},
      {"main.run", "main.run"},
      // Coroutines: GCC's parts are functions of their frame, clang's have suffixes.
      {"_Z5rangePZ5rangeiE14_Z5rangei.Frame.actor", "range [resume]"},
      {"_ZN3app1W3runEPZNS0_3runEiE21_ZN3app1W3runEi.Frame.actor", "app::W::run [resume]"},
      {"_ZN3app1W3runEPZNS0_3runEiE21_ZN3app1W3runEi.Frame.destroy", "app::W::run [destroy]"},
      {"_ZN3app5rangeEi.resume", "app::range [resume]"},
      {"_ZN3app5rangeEi.cleanup", "app::range [cleanup]"},
      {"_ZN3app5rangeEi.resume.cold", "app::range [resume]"},
      {"file.resume", "file.resume"},
      {"_Z5rangev.Frame.actor", "range [resume]"},
  };
  for (const auto& test : kCases) EXPECT_EQ(demangle(test.linkage), test.readable) << test.linkage;
}

TEST(Demangle, NamesInFull) {
  const struct {
    const char* linkage;
    const char* readable;
  } kCases[] = {
      {"main", "main"},
      {"_Z3foov", "foo()"},
      {"_ZNK2ns5Class6methodEi", "ns::Class::method(int) const"},
      {"_ZSt4sortIPiEvT_S1_", "void std::sort<int*>(int*, int*)"},
      {"_Z3foov.part.0.cold", "foo()"},
      {"_Z4callPFviE", "call(void (*)(int))"},
      {"_ZN3app1W3runEPZNS0_3runEiE21_ZN3app1W3runEi.Frame.actor", "app::W::run(int) [resume]"},
      {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
  };
  for (const auto& test : kCases) EXPECT_EQ(demangle_in_full(test.linkage), test.readable) << test.linkage;
}

TEST(Demangle, LongNamesOfTemplates) {
  std::string nested = "i";  // beyond libiberty's own limit of 1,024 characters
  for (int i = 0; i < 200; ++i) nested = "N2ns1AI" + nested + "EE";
  const std::string readable = demangle("_Z3fooI" + nested + "EvT_");
  EXPECT_TRUE(readable.starts_with("foo<ns::A<ns::A<")) << readable.substr(0, 80);
}

TEST(Demangle, HostileNamesComeBackAsTheyAre) {
  const std::string long_name = "_Z" + std::string(100'000, 'P');
  EXPECT_EQ(demangle(long_name), long_name);
  std::string deep = "_Z1fI";
  for (int i = 0; i < 4000; ++i) deep += 'P';
  EXPECT_EQ(demangle(deep), deep);
  // Each substitution doubles the readable name: 2^60 characters from 200.
  std::string bomb = "_Z1fI1AIiiE";
  for (int i = 0; i < 60; ++i) {
    const std::string reference =
        i == 0 ? "S_" : "S" + std::string(1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36]) + "_";
    bomb += "1BI" + reference + reference + "E";
  }
  bomb += "Evv";
  EXPECT_LE(demangle(bomb).size(), size_t{16} << 10);
  // The same with Rust's back references.
  std::string rust = "_RIC1a";
  for (int i = 0; i < 60; ++i) rust += "TB5_B5_E";
  EXPECT_LE(demangle(rust + "E").size(), size_t{16} << 10);
}

}  // namespace
}  // namespace strobe::symbolize
