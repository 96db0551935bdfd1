// The files that DWARF 5 line tables name, with the MD5 of their contents where the compiler stored one
// (clang does, gcc does not). libdw does not give it. Pure; foreign bytes. Source: DWARF 5, 6.2.4.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/byte_reader.h"

namespace strobe::symbolize {

/// The sections a line table's header refers to; empty where a file lacks one.
struct LineSections {
  Bytes debug_line;
  Bytes debug_line_str;
  Bytes debug_str;
};

/// MD5, as lower-case hex, by path as frames have it (tidy_path).
using SourceHashes = std::map<std::string, std::string>;

/// Adds the hashes of the wanted paths that any line table has. Tables that do not make sense are left out.
void collect_source_hashes(const LineSections& sections, const std::set<std::string>& wanted,
                           SourceHashes& hashes);

}  // namespace strobe::symbolize
