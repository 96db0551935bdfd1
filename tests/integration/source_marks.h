// What a sample workload's source says about itself: the lines marked `// HOT: function` (in Python `# HOT:
// function`), where that function spends its own time. Tests find lines by these marks, so that a source can
// be edited.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace strobe::test {

/// Numbers of the lines of a file that are marked as `function`'s; empty where there are none.
[[nodiscard]] std::set<uint32_t> marked_lines(const std::string& source, const std::string& function);

/// The function's row in `functions` of a report: of this source, of module `program`, native, with a place.
/// Returns it; null, and a failure, where there is none or more than one.
[[nodiscard]] nlohmann::json expect_function_key(const nlohmann::json& report, const std::string& source,
                                                 const std::string& program, const std::string& function);

/// The same of a function of a Python script.
[[nodiscard]] nlohmann::json expect_python_key(const nlohmann::json& report, const std::string& source,
                                               const std::string& function);

/// The function's hottest line is a marked one, and the marked ones hold nearly all of its own samples.
/// `key` is its row in `functions`.
void expect_hot_lines(const nlohmann::json& report, const nlohmann::json& key, const std::string& source);

/// The row of `key` in the text of the functions view: its place, name, and the JSON's numbers, rounded.
void expect_table_row(const std::string& text, const nlohmann::json& key);

}  // namespace strobe::test
