// strobe check: see commands.h for what it returns.
#pragma once

#include "commands.h"

namespace strobe::cli {

Action add_check_command(CLI::App& app);

}  // namespace strobe::cli
