#include "sampling/bpf/probe_bpf.h"

#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {

Attempt try_load_program() {
  const auto program = load_python_program();
  if (program) return {Attempt::Outcome::worked};
  if (program.error().sys_errno == 0) return {Attempt::Outcome::not_tried};
  return {Attempt::Outcome::refused, program.error().sys_errno};
}

}  // namespace strobe::sampling::bpf
