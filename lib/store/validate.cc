#include "store/validate.h"

#include <string>

namespace strobe::store {
namespace {

template <class Tag, class Row>
bool within(StrongId<Tag> id, const std::vector<Row>& table) {
  return id.index() < table.size();
}

template <class Tag, class Row>
bool none_or_within(StrongId<Tag> id, const std::vector<Row>& table) {
  return id.is_none() || within(id, table);
}

/// Whether following `next(row)` from any row comes to an end. Every row is visited at most twice.
template <class Row, class Next>
bool chains_end(const std::vector<Row>& rows, Next next) {
  std::vector<uint32_t> visited_by(rows.size(), UINT32_MAX);
  for (uint32_t start = 0; start < rows.size(); ++start) {
    uint32_t at = start;
    while (at < rows.size() && visited_by[at] == UINT32_MAX) {
      visited_by[at] = start;
      at = next(rows[at]).value;
    }
    if (at < rows.size() && visited_by[at] == start) return false;
  }
  return true;
}

bool check_places(const Profile& p) {
  for (const FrameRow& row : p.frames) {
    if (!none_or_within(row.module, p.modules) || !none_or_within(row.function, p.functions) ||
        !none_or_within(row.file, p.strings) || !none_or_within(row.outer, p.frames)) {
      return false;
    }
  }
  for (const FunctionRow& row : p.functions) {
    if (!none_or_within(row.name, p.strings) || !none_or_within(row.linkage_name, p.strings) ||
        !none_or_within(row.module, p.modules) || !none_or_within(row.file, p.strings)) {
      return false;
    }
  }
  for (const ModuleRow& row : p.modules) {
    if (!none_or_within(row.path, p.strings) || !none_or_within(row.process, p.processes)) return false;
  }
  return chains_end(p.frames, [](const FrameRow& row) { return row.outer; });
}

bool check_processes(const Profile& p) {
  for (const ProcessRow& row : p.processes) {
    if (!none_or_within(row.parent, p.processes) || !none_or_within(row.command, p.strings) ||
        !none_or_within(row.command_line, p.strings)) {
      return false;
    }
  }
  for (const ThreadRow& row : p.threads) {
    if (!within(row.process, p.processes) || !none_or_within(row.name, p.strings)) return false;
  }
  return chains_end(p.processes, [](const ProcessRow& row) { return row.parent; });
}

bool check_stacks(const Profile& p) {
  for (size_t i = 0; i < p.stacks.size(); ++i) {
    const StackRow& row = p.stacks[i];
    if (!within(row.frame, p.frames)) return false;
    if (!row.parent.is_none() && row.parent.index() >= i) return false;
  }
  for (const SampleRow& row : p.samples) {
    if (!within(row.thread, p.threads) || !none_or_within(row.stack, p.stacks)) return false;
  }
  return true;
}

}  // namespace

Result<void> check_profile(const Profile& profile) {
  if (!check_places(profile)) return fail(ErrorCode::malformed, "its frames or functions refer to nothing");
  if (!check_processes(profile))
    return fail(ErrorCode::malformed, "its processes or threads refer to nothing");
  if (!check_stacks(profile)) return fail(ErrorCode::malformed, "its stacks or samples refer to nothing");
  return {};
}

}  // namespace strobe::store
