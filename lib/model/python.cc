#include "model/python.h"

namespace strobe {

std::string_view name_of(PythonOutcome outcome) {
  switch (outcome) {
    case PythonOutcome::none:
      return "none";
    case PythonOutcome::full:
      return "full";
    case PythonOutcome::partial:
      return "partial";
    case PythonOutcome::inconsistent:
      return "inconsistent";
    case PythonOutcome::unread:
      return "unread";
  }
  return "unknown";
}

std::string_view name_of(PythonReading reading) {
  switch (reading) {
    case PythonReading::none:
      return "none";
    case PythonReading::in_interrupt:
      return "bpf";
    case PythonReading::stopped:
      return "stopped";
    case PythonReading::running:
      return "running";
  }
  return "unknown";
}

std::string_view name_of(PythonState state) {
  switch (state) {
    case PythonState::none:
      return "none";
    case PythonState::python:
      return "python";
    case PythonState::native_gil:
      return "native_gil";
    case PythonState::native_nogil:
      return "native_nogil";
    case PythonState::gil_wait:
      return "gil_wait";
    case PythonState::gc:
      return "gc";
  }
  return "unknown";
}

}  // namespace strobe
