// Hostile files of cProfile: the marshal format and what is made of it, down to the tables.
#include <cstdint>
#include <span>

#include "analyze/counted_table.h"
#include "report/pstats_export.h"
#include "workflow/cprofile_import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe;
  const Bytes bytes = std::as_bytes(std::span(data, size));
  const Result<Profile> profile = workflow::import_cprofile(bytes, "fuzz.prof");
  if (!profile) return 0;
  const analyze::FunctionTable table = analyze::make_counted_table(*profile, true);
  if (table.rows.size() != profile->functions.size()) __builtin_trap();
  // What is read can be written, and is the same when read again.
  const std::string written = report::write_pstats(table);
  const Result<Profile> again = workflow::import_cprofile(std::as_bytes(std::span(written)), "again.prof");
  if (!again || again->functions.size() != profile->functions.size()) __builtin_trap();
  if (again->counts->edges.size() != profile->counts->edges.size()) __builtin_trap();
  return 0;
}
