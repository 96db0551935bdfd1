// strobe dump --locals: the variables of each call, of threads that wait and of threads that run, safe to
// show.
#include <gtest/gtest.h>

#include "dump_fixture.h"
#include "support/interpreters.h"

namespace strobe::test {
namespace {

using nlohmann::json;

/// Variables of all kinds, calls of one function among each other, a thread that runs.
constexpr const char* kProgram = R"(
import os, sys, threading
fifo = os.open(sys.argv[1], os.O_RDONLY)
done = False
class Point: pass
def leaf(number, text, *rest, flag=True, **more):
    nothing, real, large, numbers = None, 0.5, 1 << 100, [1, 2, 3]
    hostile = "two\nlines\x1b[2J"
    long = "x" * 1000
    point = Point()
    unset = 1
    del unset
    return os.read(fifo, 1)
def count_down(n):
    return count_down(n - 1) if n > 0 else leaf(-7, "it's", 1, 2, flag=False, key=1)
def burn(limit, name):
    i = 0
    while not done:
        i += 1
thread = threading.Thread(target=burn, args=(5, "burner"), name="T burn")
thread.start()
print("ready", flush=True)
count_down(300)
done = True
)";

/// [[name, value], …] of the n-th Python frame of that function, innermost first; null where it has none.
json locals_of(const json& thread, const std::string& function, size_t n = 0) {
  for (const json& frame : thread.at("frames")) {
    if (frame.at("function") != function || n-- != 0) continue;
    if (!frame.contains("locals")) return nullptr;
    json pairs = json::array();
    for (const json& variable : frame.at("locals"))
      pairs.push_back({variable.at("name"), variable.at("value")});
    return pairs;
  }
  return nullptr;
}

class DumpOfLocals : public DumpOf {
 protected:
  /// A dump with the main thread in the call where it stays; null where it does not come there.
  [[nodiscard]] json dump_in_leaf(const ChildProgram& target) const {
    json seen;
    const bool there = wait_until([&] {
      seen = dump(target.pid(), {"--locals"});
      return seen.is_object() &&
             locals_of(thread_with(seen, "python_name", "MainThread"), "leaf").size() == 12 &&
             locals_of(thread_with(seen, "python_name", "T burn"), "burn").size() == 3;
    });
    return there ? seen : json();
  }
};

TEST_F(DumpOfLocals, AreThoseOfEachCall) {
  STROBE_NEED_PYTHON(python, kDebianPython);
  const Fifo fifo(file("fifo"));
  write_file(file("program.py"), kProgram);
  std::vector<std::string> words = python.command;
  words.insert(words.end(), {file("program.py"), file("fifo")});
  ChildProgram target(words);
  ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
  const json seen = dump_in_leaf(target);
  ASSERT_TRUE(seen.is_object());

  const json main = thread_with(seen, "python_name", "MainThread");
  json expected = json::parse(R"([
      ["number", "-7"], ["text", "\"it's\""], ["flag", "False"], ["rest", "tuple of 2"],
      ["more", "dict of 1"], ["nothing", "None"], ["real", "0.5"], ["large", "<int>"],
      ["numbers", "list of 3"], ["hostile", "'two\\nlines\\x1b[2J'"],
      ["long", ""], ["point", "<Point>"]])");
  expected[10][1] = "'" + std::string(80, 'x') + "' and 920 more";
  EXPECT_EQ(locals_of(main, "leaf"), expected);
  for (size_t n = 0; n <= 300; ++n)
    ASSERT_EQ(locals_of(main, "count_down", n), json::array({json::array({"n", std::to_string(n)})}))
        << "each call has its own";
  EXPECT_EQ(main.at("frames_without_locals"), 0);

  const json burning = locals_of(thread_with(seen, "python_name", "T burn"), "burn");
  EXPECT_EQ(burning.at(0), json::array({"limit", "5"}));
  EXPECT_EQ(burning.at(1), json::array({"name", "'burner'"}));
  EXPECT_EQ(burning.at(2).at(0), "i");
  EXPECT_GE(std::stoll(burning.at(2).at(1).get<std::string>()), 0);
  fifo.release();
  EXPECT_EQ(target.finish().status, 0) << target.err();
}

TEST_F(DumpOfLocals, AreShownOnlyWhenAskedForAndSafely) {
  STROBE_NEED_PYTHON(python, kDebianPython);
  const Fifo fifo(file("fifo"));
  write_file(file("program.py"), kProgram);
  std::vector<std::string> words = python.command;
  words.insert(words.end(), {file("program.py"), file("fifo")});
  ChildProgram target(words);
  ASSERT_TRUE(target.wait_for_output("ready")) << target.err();
  ASSERT_TRUE(dump_in_leaf(target).is_object());

  const ProgramResult text = strobe({"dump", "--locals", std::to_string(target.pid())});
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("\n            hostile = 'two\\nlines\\x1b[2J'\n"), std::string::npos) << text.out;
  const ProgramResult without = strobe({"dump", "--json", "-", std::to_string(target.pid())});
  EXPECT_NE(without.out.find("count_down"), std::string::npos);
  EXPECT_EQ(without.out.find("\"locals"), std::string::npos);
  EXPECT_EQ(without.out.find("it's"), std::string::npos);
  const ProgramResult refused = strobe({"dump", "--locals", "--native-only", std::to_string(target.pid())});
  EXPECT_EQ(refused.status, 125);
  EXPECT_NE(refused.err.find("--native-only"), std::string::npos) << refused.err;
  fifo.release();
  EXPECT_EQ(target.finish().status, 0) << target.err();
}

}  // namespace
}  // namespace strobe::test
