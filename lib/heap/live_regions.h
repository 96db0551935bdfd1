// The parts of a process's address space that the program itself mapped, each with the stack that did. What
// is unmapped, or mapped anew, may be any part of one or of several.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace strobe::heap {

class LiveRegions {
 public:
  struct Part {
    uint64_t bytes = 0;
    uint32_t stack = 0;
    bool last = false;  ///< nothing else of its region is left
  };

  /// A region of pages; what was there before has to be removed. Sizes are rounded up to pages.
  void insert(uint64_t address, uint64_t bytes, uint32_t stack);
  /// What of the range was mapped, part by part.
  [[nodiscard]] std::vector<Part> remove(uint64_t address, uint64_t bytes);

 private:
  struct Region {
    uint64_t end = 0;
    uint32_t stack = 0;
    uint64_t id = 0;  ///< of the mapping that it is (a part of)
  };
  void drop_part(uint64_t id, std::vector<Part>& parts);

  std::map<uint64_t, Region> regions_;  // by start, disjoint
  std::map<uint64_t, uint32_t> parts_;  // how many parts each mapping is in
  uint64_t next_id_ = 0;
};

}  // namespace strobe::heap
