// The call tree as text: the columns of the functions table, the names indented by their depth.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text_calls.h"
#include "report/text_columns.h"

namespace strobe::report {
namespace {

using analyze::CallTree;
using analyze::TreeRow;

constexpr size_t kMaxTreeIndent = 60;  // columns; rows deeper than that say their depth

std::string share_text(double share) { return fmt::format("{:.3g} %", share * 100); }

class TreeWriter {
 public:
  TreeWriter(const CallTree& tree, bool strip_directories, const TextStyle& style)
      : tree_(&tree), strip_directories_(strip_directories), style_(&style) {
    for (const TreeRow& row : tree.rows)
      samples_width_ = std::max(samples_width_, sample_text(row.self, row.total).size());
    const size_t numbers = 1 + samples_width_ + 2 * (size_t{9} + 7) + 2;
    if (style.width == 0) return;
    name_columns_ = std::max(kMinLocationColumns, style.width - std::min(style.width, numbers));
    max_indent_ = std::min(kMaxTreeIndent, name_columns_ / 2);
  }

  [[nodiscard]] std::string title() const {
    const std::string text = fmt::format(" {:>{}} {:>8} {:>6} {:>8} {:>6}  {}", "samples", samples_width_,
                                         "tottime", "tot%", "cumtime", "cum%", column_title(shown_names()));
    return paint(text, Tone::strong, *style_) + '\n';
  }

  [[nodiscard]] std::string line(const TreeRow& row) const {
    const double share = share_of(tree_->coverage, row.self);
    const std::string numbers = fmt::format(
        " {:>{}} {:8.3f} {:6.1f} {:8.3f} {:6.1f}  ", sample_text(row.self, row.total), samples_width_,
        row.self.seconds, share * 100, row.total.seconds, share_of(tree_->coverage, row.total) * 100);
    return paint(numbers + name(row), tone(row, share), *style_) + '\n';
  }

 private:
  [[nodiscard]] analyze::Grouping shown_names() const {
    return is_tree_of_frames() ? tree_->grouping : analyze::Grouping::function;
  }
  [[nodiscard]] bool is_tree_of_frames() const {
    return tree_->grouping != analyze::Grouping::thread && tree_->grouping != analyze::Grouping::process;
  }

  static Tone tone(const TreeRow& row, double self_share) {
    const bool summed = row.kind == TreeRow::Kind::small || row.kind == TreeRow::Kind::deep;
    if (summed || row.function.pseudo) return Tone::faint;
    if (row.kind == TreeRow::Kind::group) return Tone::strong;
    return self_share >= kHotShare ? Tone::strong : Tone::plain;
  }

  [[nodiscard]] std::string name(const TreeRow& row) const {
    const size_t wanted = size_t{row.depth} * 2;
    std::string text(std::min(wanted, max_indent_), ' ');
    if (wanted > max_indent_) text += fmt::format("[{}] ", row.depth);
    const std::string mark = row.recursive ? " [recursive]" : "";
    const size_t used = text.size() + mark.size();
    const size_t columns =
        name_columns_ == 0 ? 0
                           : std::max(kMinLocationColumns / 2, name_columns_ - std::min(name_columns_, used));
    switch (row.kind) {
      case TreeRow::Kind::small:
        return text + fmt::format("[{} below {}]", row.count, share_text(tree_->min_share));
      case TreeRow::Kind::deep:
        return text + fmt::format("[{} deeper]", row.count);
      default:
        return text + fit_location(row.function, strip_directories_, columns) + mark;
    }
  }

  const CallTree* tree_;
  bool strip_directories_;
  const TextStyle* style_;
  size_t samples_width_ = 8;
  size_t name_columns_ = 0;
  size_t max_indent_ = kMaxTreeIndent;
};

}  // namespace

std::string write_call_tree(const CallTree& tree, bool strip_directories, const TextStyle& style) {
  const TreeWriter writer(tree, strip_directories, style);
  std::string text = write_coverage(tree.coverage) + '\n';
  for (const std::string& pattern : tree.begins)
    text += fmt::format("   Begins at functions that match <{}>\n", printable(pattern));
  text += "   Callers before callees, most cumulative time first\n" + reduction_lines(tree.reductions) +
          samples_line(tree.coverage) + '\n';
  text += writer.title();
  for (const TreeRow& row : tree.rows) text += writer.line(row);
  return text;
}

}  // namespace strobe::report
