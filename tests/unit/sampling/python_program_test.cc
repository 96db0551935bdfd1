// Both forms of the BPF program pass this kernel's verifier and can be attached.
#include <gtest/gtest.h>

#include "os/perf_event.h"
#include "sampling/bpf/python_program.h"
#include "sampling/perf/event_attributes.h"

namespace strobe::sampling::bpf {
namespace {

class PythonProgramForms : public testing::TestWithParam<PythonProgramForm> {};

TEST_P(PythonProgramForms, IsLoadedAndAttached) {
  auto program = load_python_program(GetParam());
  if (!program && (program.error().code == ErrorCode::not_permitted || program.error().sys_errno == 0)) {
    GTEST_SKIP() << program.error().what;
  }
  ASSERT_TRUE(program.has_value()) << program.error().what;
  EXPECT_EQ((*program)->lost(), 0U);

  PerfFeatures features;
  features.on_exec = true;  // never enabled
  const auto event = os::open_perf_event(make_inherited_attr({}, features, true), 0, -1);
  if (!event) GTEST_SKIP() << event.error().what;
  const auto attached = (*program)->attach(*event);
  EXPECT_TRUE(attached.has_value()) << attached.error().what;
}

INSTANTIATE_TEST_SUITE_P(Forms, PythonProgramForms,
                         testing::Values(PythonProgramForm::best, PythonProgramForm::unrolled),
                         [](const auto& form) {
                           return form.param == PythonProgramForm::best ? "Best" : "Unrolled";
                         });

}  // namespace
}  // namespace strobe::sampling::bpf
