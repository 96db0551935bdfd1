// Interpreters of Python whose frames Strobe does not read, told by the names of their files. Pure.
#pragma once

#include <string>
#include <string_view>

namespace strobe::python {

/// "PyPy", "GraalPy", "CPython 2.7": what a program that mapped this file runs. Empty for most files, and for
/// CPython from 3.7 on, which is told by what the file holds (see interpreter_module.h).
[[nodiscard]] std::string name_other_interpreter(std::string_view path);

}  // namespace strobe::python
