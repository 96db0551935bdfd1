#include "model/memory.h"

namespace strobe {

std::string_view name_of(MemoryMode mode) {
  switch (mode) {
    case MemoryMode::none:
      return "none";
    case MemoryMode::sampled:
      return "sampled";
    case MemoryMode::all:
      return "all";
    case MemoryMode::resident:
      return "resident";
  }
  return "none";
}

std::string_view name_of(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::malloc:
      return "malloc";
    case MemoryKind::mmap:
      return "mmap";
    case MemoryKind::python:
      return "python";
    case MemoryKind::fault:
      return "fault";
  }
  return "malloc";
}

}  // namespace strobe
