// What a user could install to get the names of a module: found in the files that the package manager keeps
// of what it installed. Reads below a root (of the target, or of this machine); bounded.
#pragma once

#include <optional>
#include <string>

namespace strobe::symbolize {

/// The Debian package that installed `path`, by dpkg's lists below `root` ("" for this machine's own root);
/// nullopt where none did or dpkg is not used.
[[nodiscard]] std::optional<std::string> find_debian_package(const std::string& path,
                                                             const std::string& root);

/// A sentence's end for a module without symbols: "install libfoo1-dbgsym (apt)", "keep its symbols: …".
[[nodiscard]] std::string advise_on_symbols(const std::string& path, const std::string& root);

}  // namespace strobe::symbolize
