// What `strobe dump` says of a Python process beyond its stacks: version, names of threads, who holds the GIL
// and who waits for it.
#pragma once

#include <vector>

#include "model/dump.h"
#include "record/python_targets.h"
#include "workflow/thread_look.h"

namespace strobe::workflow {

/// `looks` are of the process's threads, in the order of process.threads.
void add_python_facts(record::PythonProcess& python, const std::vector<const ThreadLook*>& looks,
                      DumpedProcess& process);

}  // namespace strobe::workflow
