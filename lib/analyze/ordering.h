// Sorting and restricting the functions view with the words of Python's pstats, which people know.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/function_table.h"
#include "base/result.h"

namespace strobe::analyze {

/// -1, 0 or 1.
template <class T>
[[nodiscard]] int compare_values(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

enum class SortKey : uint8_t {
  total_samples,
  self_samples,
  total_time,
  self_time,
  file,
  line,
  name,
  name_file_line,
  standard_name
};

/// A key as the user wrote it, or a prefix whose possible meanings are all the same ("cu", "t", "fi").
Result<SortKey> find_sort_key(std::string_view word);
/// All of those keys in full.
[[nodiscard]] std::vector<std::string> sort_words();
/// pstats' words for it: "internal time", "cumulative time", …; samples are "call count" where they stand for
/// calls.
[[nodiscard]] std::string_view describe(SortKey key, bool counts_calls = false);

/// Restricts a list: a count ("20"), a fraction ("0.1"), or a regular expression on the function's text.
struct Restriction {
  enum class Kind : uint8_t { count, fraction, pattern } kind = Kind::count;
  size_t count = 0;
  double fraction = 0;
  std::string text;  ///< as written
};
/// Fails for words that are an invalid regular expression.
Result<Restriction> parse_restriction(const std::string& word);

/// How one restriction changed the number of rows.
struct Reduction {
  size_t before = 0;
  size_t after = 0;
  std::string restriction;
};

/// Applies restrictions in order to a list of rows; patterns are matched against `text_of(row)`. Returns
/// those that changed the number of rows.
[[nodiscard]] std::vector<Reduction> restrict_rows(const std::vector<Restriction>& restrictions,
                                                   const std::function<std::string(uint32_t)>& text_of,
                                                   std::vector<uint32_t>& rows);

struct OrderOptions {
  std::vector<SortKey> keys = {SortKey::self_time};  ///< the first decides, the next breaks ties
  bool reverse = false;
  std::vector<Restriction> restrictions;
};

struct OrderedRows {
  std::vector<uint32_t> rows;  ///< indices into FunctionTable::rows
  std::vector<Reduction> reductions;
};
[[nodiscard]] OrderedRows order_rows(const FunctionTable& table, const OrderOptions& options);

/// "filename:lineno(function)" as pstats has it; the module in place of an unknown file. For
/// rows that stand for a file, a module or a thread, what they are called.
[[nodiscard]] std::string location_of(const FunctionIdentity& function, bool strip_directories);

}  // namespace strobe::analyze
