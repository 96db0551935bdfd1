// Man pages: strobe(1) and one per subcommand. NAME, SYNOPSIS, OPTIONS and SEE ALSO come from the command
// line's description, the other sections from the hand-kept text.
#pragma once

#include <string>
#include <vector>

#include "description.h"
#include "page_text.h"

namespace strobe::manual {

struct PageContext {
  const CommandDescription* program = nullptr;  ///< strobe itself; borrowed
  std::string version;
  std::string date;  ///< of the release, YYYY-MM-DD
};

/// "strobe", "strobe-run".
[[nodiscard]] std::string page_name(const CommandDescription& command);

/// roff source of one page, for the program or one of its subcommands.
[[nodiscard]] std::string man_page(const CommandDescription& command, const std::vector<TextSection>& text,
                                   const PageContext& context);

}  // namespace strobe::manual
