// The views of calls as text: callers and callees as pstats prints them, and the call tree.
#pragma once

#include <string>

#include "analyze/call_tree.h"
#include "analyze/function_table.h"
#include "report/text.h"

namespace strobe::report {

enum class CallDirection : uint8_t { callers, callees };

/// `table` has to have edges. For every row it is called by (or calls) functions with samples and seconds of
/// that call, most seconds first; the order and the restrictions are those of the functions table.
[[nodiscard]] std::string write_calls(const analyze::FunctionTable& table, CallDirection direction,
                                      const FunctionTextOptions& options, const TextStyle& style);

[[nodiscard]] std::string write_call_tree(const analyze::CallTree& tree, bool strip_directories,
                                          const TextStyle& style);

}  // namespace strobe::report
