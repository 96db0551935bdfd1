// `strobe doctor` about fixed machines, byte for byte.
#include "report/doctor.h"
#include "analyze/diagnosis.h"
#include "golden_file.h"
#include "support/sample_facts.h"

namespace strobe::report {
namespace {

std::string json_of(const MachineFacts& machine, const TargetFacts* target) {
  std::string text;
  const analyze::Diagnosis diagnosis =
      target != nullptr ? analyze::diagnose(machine, *target) : analyze::diagnose(machine);
  write_json_diagnosis(diagnosis, machine, target, [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(GoldenDoctor, Machines) {
  test::expect_golden("doctor_root.txt", write_diagnosis(analyze::diagnose(test::root_machine()), {}));
  test::expect_golden("doctor_user.txt", write_diagnosis(analyze::diagnose(test::user_machine()), {}));
  test::expect_golden("doctor_container.txt",
                      write_diagnosis(analyze::diagnose(test::container_machine()), {}));
  test::expect_golden("doctor_terminal.txt", write_diagnosis(analyze::diagnose(test::closed_machine()),
                                                             {.color = true, .width = 72}));
}

TEST(GoldenDoctor, Targets) {
  TargetFacts hostile = test::refused_target();
  hostile.command = "a\x1b[2J\nb\xe2\x80\xae";
  hostile.tracer_pid = 7;
  hostile.tracer_command = "g\rdb\xff";
  test::expect_golden("doctor_targets.txt",
                      write_diagnosis(analyze::diagnose(test::root_machine(), test::own_target()), {}) +
                          '\n' + write_diagnosis(analyze::diagnose(test::user_machine(), hostile), {}));
  test::expect_golden("doctor_target.json", json_of(test::user_machine(), &hostile));
}

TEST(GoldenDoctor, Json) { test::expect_golden("doctor.json", json_of(test::container_machine(), nullptr)); }

}  // namespace
}  // namespace strobe::report
