// Writes Strobe's man pages and shell completions below a folder that is laid out as /usr/share. Run while
// building. usage: strobe_manual FOLDER TEXT_FOLDER RELEASE_DATE
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "application.h"
#include "completions.h"
#include "man_page.h"

namespace {

namespace fs = std::filesystem;
using namespace strobe::manual;

/// Empty where there is no such file: the generated sections stand alone then.
std::string read_text(const fs::path& path) {
  std::ostringstream text;
  if (std::ifstream file(path); file) text << file.rdbuf();
  return text.str();
}

bool write_text(const fs::path& path, const std::string& text) {
  std::error_code ignored;  // the file will not open then
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::cerr << "strobe_manual: cannot write " << path << '\n';
  return static_cast<bool>(file);
}

bool write_page(const CommandDescription& command, const fs::path& pages, const fs::path& texts,
                const PageContext& context) {
  const std::string text = read_text(texts / (page_name(command) + ".md"));
  return write_text(pages / (page_name(command) + ".1"), man_page(command, parse_page_text(text), context));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: strobe_manual FOLDER TEXT_FOLDER RELEASE_DATE\n";
    return 2;
  }
  const fs::path share = argv[1];
  const strobe::cli::Application application = strobe::cli::make_application({});
  const CommandDescription program = describe(*application.app);
  const PageContext context{.program = &program, .version = STROBE_VERSION, .date = argv[3]};

  const fs::path pages = share / "man" / "man1";
  std::error_code ignored;  // pages of subcommands that are no more
  fs::remove_all(pages, ignored);
  bool written = write_page(program, pages, argv[2], context);
  for (const CommandDescription& command : program.subcommands) {
    written &= write_page(command, pages, argv[2], context);
  }
  written &= write_text(share / "bash-completion" / "completions" / "strobe", bash_completion(program));
  written &= write_text(share / "zsh" / "site-functions" / "_strobe", zsh_completion(program));
  written &= write_text(share / "fish" / "vendor_completions.d" / "strobe.fish", fish_completion(program));
  return written ? 0 : 1;
}
