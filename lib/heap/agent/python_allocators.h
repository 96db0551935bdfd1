// Small objects of Python: the interpreter's table of allocators (PyMem_SetAllocator) gets entries of the
// agent's, which call those that were there. Only where the environment asks for it.
#pragma once

namespace strobe::heap::agent {

/// Sees to it that the table has the agent's entries; does nothing where there is no interpreter, or not yet.
/// At the start, before the interpreter's; later by a thread that is attached to it, as the interpreter
/// replaces the table when it is told to debug its memory, and as it may come late, by dlopen.
void watch_python_allocators();

}  // namespace strobe::heap::agent
