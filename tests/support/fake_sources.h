// Sources for tests: by path, from memory.
#pragma once

#include <map>
#include <string>

#include "base/md5.h"
#include "model/sources.h"

namespace strobe::test {

class FakeSources final : public SourceProvider {
 public:
  /// The file as `found`, with what a change of `file` adds to that.
  SourceFile& put(const std::string& path, const std::string& text) {
    SourceFile& file = files_[path];
    file.state = SourceState::found;
    file.path = path;
    file.text = text;
    file.md5 = md5_hex(std::as_bytes(std::span(text)));
    return file;
  }
  void refuse(const std::string& path, SourceState state) { files_[path] = {.state = state, .path = path}; }

  const SourceFile& find_source(const std::string& path) override { return files_[path]; }

 private:
  std::map<std::string, SourceFile> files_;
};

}  // namespace strobe::test
