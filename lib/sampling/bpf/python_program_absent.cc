// Stands in for python_program_libbpf.cc where Strobe is built without clang or libbpf.
#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {

Result<std::unique_ptr<PythonProgram>> load_python_program(PythonProgramForm) {
  return fail(ErrorCode::unsupported, "this Strobe was built without BPF",
              "install clang and libbpf-dev, and build Strobe again");
}

}  // namespace strobe::sampling::bpf
