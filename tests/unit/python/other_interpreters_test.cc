// Interpreters that are told by the names of their files.
#include "python/other_interpreters.h"

#include <gtest/gtest.h>

namespace strobe::python {
namespace {

TEST(OtherInterpreters, AreNamed) {
  EXPECT_EQ(name_other_interpreter("/usr/bin/pypy3"), "PyPy");
  EXPECT_EQ(name_other_interpreter("/opt/pypy/bin/libpypy3.10-c.so"), "PyPy");
  EXPECT_EQ(name_other_interpreter("/opt/graalpy-24/lib/libpythonvm.so"), "GraalPy");
  EXPECT_EQ(name_other_interpreter("/usr/bin/python2.7"), "CPython 2.7");
  EXPECT_EQ(name_other_interpreter("/usr/lib/libpython3.6m.so.1.0"), "CPython 3.6");
}

TEST(OtherInterpreters, AreNoneOfTheFilesThatSayThemselvesWhatTheyAre) {
  for (const char* path :
       {"/usr/bin/python3.7", "/usr/bin/python3.11", "/usr/lib/libpython3.15t.so.1.0", "/usr/bin/python3",
        "python", "", "/", "lib", "/srv/python2x", "/srv/python2.", "python3.", "/srv/python2.7/app.so"}) {
    EXPECT_EQ(name_other_interpreter(path), "") << path;
  }
}

}  // namespace
}  // namespace strobe::python
