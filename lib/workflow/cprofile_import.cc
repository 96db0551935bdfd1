#include "workflow/cprofile_import.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "workflow/marshal_reader.h"

namespace strobe::workflow {
namespace {

using Kind = MarshalValue::Kind;

/// (file, line, name), as cProfile has it. Borrowed from the file's bytes: a text may be referred to from any
/// number of places.
using Label = std::tuple<std::string_view, uint32_t, std::string_view>;
constexpr size_t kMaxTextBytes = 4096;  // PATH_MAX

std::optional<uint64_t> read_count(const MarshalValue& value) {
  if (value.kind != Kind::integer || value.integer < 0) return std::nullopt;
  return static_cast<uint64_t>(value.integer);
}

/// Timers other than the usual one may give whole numbers; clocks that were set back give negative ones.
std::optional<double> read_seconds(const MarshalValue& value) {
  if (value.kind == Kind::integer) return std::max(0.0, static_cast<double>(value.integer));
  if (value.kind != Kind::real || !std::isfinite(value.real)) return std::nullopt;
  return std::max(0.0, value.real);
}

std::optional<Label> read_label(const MarshalTree& tree, const MarshalValue& value) {
  if (value.kind != Kind::sequence || tree.size_of(value) != 3) return std::nullopt;
  const MarshalValue& file = tree.part(value, 0);
  const std::optional<uint64_t> line = read_count(tree.part(value, 1));
  const MarshalValue& name = tree.part(value, 2);
  if (file.kind != Kind::text || name.kind != Kind::text || !line || *line > UINT32_MAX) return std::nullopt;
  if (file.text.size() > kMaxTextBytes || name.text.size() > kMaxTextBytes) return std::nullopt;
  return Label{file.text, static_cast<uint32_t>(*line), name.text};
}

/// Which of the first two numbers is which differs: (primitive, all, …) of a function, (all, primitive, …) of
/// a caller. The profile module has only a number for a caller.
std::optional<CallCount> read_counts(const MarshalTree& tree, const MarshalValue& value, bool of_caller) {
  if (of_caller && value.kind == Kind::integer) {
    const std::optional<uint64_t> calls = read_count(value);
    if (!calls) return std::nullopt;
    return CallCount{.calls = *calls, .primitive_calls = *calls};
  }
  if (value.kind != Kind::sequence || tree.size_of(value) != (of_caller ? 4 : 5)) return std::nullopt;
  const std::optional<uint64_t> first = read_count(tree.part(value, 0));
  const std::optional<uint64_t> second = read_count(tree.part(value, 1));
  const std::optional<double> self = read_seconds(tree.part(value, 2));
  const std::optional<double> total = read_seconds(tree.part(value, 3));
  if (!first || !second || !self || !total) return std::nullopt;
  return CallCount{.calls = of_caller ? *first : *second,
                   .primitive_calls = of_caller ? *second : *first,
                   .self_seconds = *self,
                   .total_seconds = *total};
}

/// The file's content; functions are numbered as they come.
struct Counted {
  std::map<Label, uint32_t> ids;
  std::vector<CallCount> functions;                          ///< by number
  std::map<std::pair<uint32_t, uint32_t>, CallCount> edges;  ///< caller, callee

  uint32_t id_of(const Label& label) {
    const auto [place, inserted] = ids.try_emplace(label, static_cast<uint32_t>(functions.size()));
    if (inserted) functions.emplace_back();  // zeros for a caller that was never counted itself
    return place->second;
  }
};

/// False where they are not what cProfile writes.
bool read_callers(const MarshalTree& tree, const MarshalValue& callers, uint32_t callee, Counted& out) {
  if (callers.kind != Kind::dictionary) return false;
  for (size_t i = 0; i < tree.size_of(callers); i += 2) {
    const std::optional<Label> caller = read_label(tree, tree.part(callers, i));
    const std::optional<CallCount> count = read_counts(tree, tree.part(callers, i + 1), true);
    if (!caller || !count) return false;
    out.edges[{out.id_of(*caller), callee}] = *count;
  }
  return true;
}

bool read_functions(const MarshalTree& tree, Counted& out) {
  const MarshalValue& root = tree.root();
  if (root.kind != Kind::dictionary) return false;
  for (size_t i = 0; i < tree.size_of(root); i += 2) {
    const MarshalValue& value = tree.part(root, i + 1);
    const std::optional<Label> label = read_label(tree, tree.part(root, i));
    const std::optional<CallCount> count = read_counts(tree, value, false);
    if (!label || !count) return false;
    const uint32_t id = out.id_of(*label);
    out.functions[id] = *count;
    if (!read_callers(tree, tree.part(value, 4), id, out)) return false;
  }
  return true;
}

/// Texts and their ids in a Profile.
class Strings {
 public:
  explicit Strings(Profile& profile) : profile_(&profile) {}
  StringId add(std::string_view text) {
    const auto [place, inserted] =
        ids_.try_emplace(std::string(text), static_cast<uint32_t>(profile_->strings.size()));
    if (inserted) profile_->strings.push_back(place->first);
    return StringId{place->second};
  }

 private:
  Profile* profile_;
  std::map<std::string, uint32_t> ids_;
};

FunctionRow make_function(const Label& label, Strings& strings) {
  const auto& [file, line, name] = label;
  FunctionRow row;
  row.language = Language::python;
  if (file == "~" && line == 0) {  // of C: "<built-in method len>", shown by pstats in braces
    row.language = Language::native;
    const bool pointed = name.size() > 2 && name.starts_with('<') && name.ends_with('>');
    row.name =
        strings.add(pointed ? "{" + std::string(name.substr(1, name.size() - 2)) + "}" : std::string(name));
    return row;
  }
  row.name = strings.add(name);
  row.file = strings.add(file);
  row.line = line;
  return row;
}

Profile make_profile(const Counted& counted, const std::string& name) {
  Profile profile;
  profile.state = RecordingState::symbolized;
  profile.info.command = name;
  profile.quality.engine = "cProfile";
  profile.quality.engine_note = "exact counts of calls, no samples";
  CallCounts counts;
  Strings strings(profile);
  std::vector<FunctionId> ids(counted.functions.size());
  for (const auto& [label, number] : counted.ids) {  // in the order of labels
    ids[number] = FunctionId{static_cast<uint32_t>(profile.functions.size())};
    profile.functions.push_back(make_function(label, strings));
    counts.functions.push_back(counted.functions[number]);
  }
  for (const auto& [pair, count] : counted.edges)
    counts.edges.push_back({ids[pair.first], ids[pair.second], count});
  std::sort(counts.edges.begin(), counts.edges.end(), [](const auto& a, const auto& b) {
    return std::tie(a.caller, a.callee) < std::tie(b.caller, b.callee);
  });
  profile.counts = std::move(counts);
  return profile;
}

}  // namespace

bool looks_like_cprofile(Bytes bytes) {
  constexpr uint8_t kReferenceFlag = 0x80;
  return !bytes.empty() && (std::to_integer<uint8_t>(bytes[0]) & ~kReferenceFlag) == '{';
}

Result<Profile> import_cprofile(Bytes bytes, const std::string& name) {
  const std::string what = "read " + name + ": it is no file of cProfile";
  constexpr const char* kHint = "python3 -m cProfile -o FILE writes one";
  Result<MarshalTree> tree = MarshalTree::parse(bytes);
  if (!tree) return fail(tree.error().code, what + ": " + tree.error().what, kHint);
  Counted counted;
  if (!read_functions(*tree, counted))
    return fail(ErrorCode::malformed, what + ": it holds something else", kHint);
  return make_profile(counted, name);
}

}  // namespace strobe::workflow
