// A folder whose entries are being read.
#pragma once

#include <dirent.h>

#include <memory>

namespace strobe::os {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

}  // namespace strobe::os
