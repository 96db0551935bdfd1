// Scripts that complete Strobe's command line in a shell: subcommands, options with their help, and what
// their values can be. Each is a fixed part, which knows the shell, and tables made of the description.
#pragma once

#include <string>

#include "description.h"

namespace strobe::manual {

[[nodiscard]] std::string bash_completion(const CommandDescription& program);
[[nodiscard]] std::string zsh_completion(const CommandDescription& program);
[[nodiscard]] std::string fish_completion(const CommandDescription& program);

}  // namespace strobe::manual
