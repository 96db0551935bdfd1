#include "unit/symbolize/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "symbolize/module_files.h"
#include "symbolize/symbol_index.h"

namespace strobe::symbolize {
namespace {

/// Standard output of a shell command.
std::string run_shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  if (pipe == nullptr) return text;
  char buffer[4096];
  for (size_t got = 0; (got = ::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) text.append(buffer, got);
  return text;
}

/// "file:line (discriminator 2)", with "?" or 0 for what is not known.
OracleFrame parse_place(std::string function, std::string place) {
  place = place.substr(0, place.find(" (discriminator"));
  const size_t colon = place.rfind(':');
  OracleFrame frame{.function = std::move(function), .file = place.substr(0, colon)};
  if (colon != std::string::npos) {
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), frame.line);
  }
  if (frame.file == "??") frame.file.clear();
  if (frame.function == "??") frame.function.clear();
  return frame;
}

}  // namespace

std::string fixture_path(const std::string& name) {
  return std::string(STROBE_SYMBOLIZE_FIXTURES "/") + name;
}

bool has_fixture(const std::string& name) { return ::access(fixture_path(name).c_str(), R_OK) == 0; }

std::vector<uint64_t> text_addresses(const std::string& path, uint64_t step) {
  std::vector<uint64_t> addresses;
  const auto file = load_elf_file(path);
  if (!file) return addresses;
  for (const elf::Symbol& symbol : file->elf.function_symbols()) {
    // Start-up code has no debug information; the functions of the fixture have sizes and known words in
    // them.
    bool ours = symbol.name == "main";
    for (const char* word : {"area", "twice", "hidden", "lambda", "plain_c_function"}) {
      ours = ours || symbol.name.find(word) != std::string_view::npos;
    }
    for (uint64_t i = 0; ours && i < symbol.size; i += step) addresses.push_back(raw(symbol.address) + i);
  }
  return addresses;
}

std::string describe(const AddressSymbols& symbols) {
  std::string text;
  for (const SourceFrame& frame : symbols) {
    text += fmt::format("  {} [{}] {}:{}\n", frame.function, frame.linkage_name, frame.file, frame.line);
  }
  return text;
}

std::vector<std::vector<OracleFrame>> run_addr2line(const std::string& path,
                                                    const std::vector<uint64_t>& addresses) {
  // binutils 2.40 misses the inlined calls of clang's DWARF 5; LLVM's own tool reads them.
  const char* program =
      path.ends_with("/clang") ? "$(command -v llvm-addr2line llvm-addr2line-14 | head -1)" : "addr2line";
  std::string command = fmt::format("{} -a -i -f -e '{}'", program, path);
  for (const uint64_t address : addresses) command += fmt::format(" {:#x}", address);
  std::istringstream lines(run_shell(command));
  std::vector<std::vector<OracleFrame>> chains;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0x")) {
      chains.emplace_back();
      continue;
    }
    std::string place;
    if (chains.empty() || !std::getline(lines, place)) break;
    chains.back().push_back(parse_place(line, place));
  }
  return chains;
}

ModuleRequest request_for(const std::string& path, std::vector<uint64_t> addresses) {
  ModuleRequest request;
  const auto file = load_elf_file(path);
  if (file) {
    request.module.build_id = file->elf.build_id();
    request.module.file_size = file->size;
    request.module.mtime_ns = file->mtime_ns;
  }
  request.path = path;
  request.addresses = std::move(addresses);
  return request;
}

}  // namespace strobe::symbolize
