#include "python/debug_offsets.h"

#include <fmt/format.h>

#include <array>

namespace strobe::python {
namespace {

constexpr std::string_view kCookie = "xdebugpy";
// The largest structure, PyInterpreterState, has 250 KB; whatever we read lies in the first few.
constexpr uint64_t kMaxInterpreterOffset = 1 << 20;
constexpr uint64_t kMaxOffset = 1 << 12;

using W = PythonWalkLayout;
using O = ObjectLayout;

/// A field and where the structure of 3.13, 3.14 and 3.15 has its offset; 0: not there.
template <class Struct>
struct Source {
  PythonOffset Struct::*field;
  std::array<uint16_t, 3> at;
  uint64_t limit = kMaxOffset;
};

constexpr uint64_t kFar = kMaxInterpreterOffset;

constexpr Source<W> kWalkSources[] = {
    {&W::runtime_finalizing, {32, 32, 32}},
    {&W::runtime_interpreters, {40, 40, 40}},
    {&W::interpreter_id, {56, 56, 56}, kFar},
    {&W::interpreter_next, {64, 64, 64}, kFar},
    {&W::interpreter_threads, {72, 72, 72}, kFar},
    {&W::interpreter_gil, {112, 120, 120}, kFar},
    {&W::thread_next, {168, 192, 192}},
    {&W::thread_interpreter, {176, 200, 200}},
    {&W::thread_frame, {184, 208, 208}},
    {&W::thread_base_frame, {0, 0, 216}},
    {&W::thread_ident, {192, 216, 240}},
    {&W::thread_native_id, {200, 224, 248}},
    {&W::thread_chunk, {208, 232, 256}},
    {&W::frame_previous, {232, 256, 320}},
    {&W::frame_code, {240, 264, 328}},
    {&W::frame_instruction, {248, 272, 336}},
    {&W::frame_owner, {264, 288, 352}},
};
/// In the structure of free-threaded builds only.
constexpr Source<W> kFreeThreadedSources[] = {{&W::frame_tlbc, {0, 304, 368}}};

constexpr Source<O> kObjectSources[] = {
    {&O::interpreter_modules, {88, 96, 96}, kFar},
    {&O::frame_locals, {256, 280, 344}},
    {&O::code_size, {272, 312, 376}},
    {&O::code_filename, {280, 320, 384}},
    {&O::code_name, {288, 328, 392}},
    {&O::code_qualname, {296, 336, 400}},
    {&O::code_linetable, {304, 344, 408}},
    {&O::code_first_line, {312, 352, 416}},
    {&O::code_local_names, {328, 368, 432}},
    {&O::code_local_kinds, {336, 376, 440}},
    {&O::code_bytecode, {344, 384, 448}},
    {&O::type, {360, 408, 472}},
    {&O::type_name, {376, 424, 488}},
    {&O::type_flags, {392, 440, 504}},
    {&O::tuple_items, {408, 456, 552}},
    {&O::size, {416, 464, 560}},
    {&O::list_items, {432, 480, 576}},
    {&O::dict_keys, {456, 536, 632}},
    {&O::dict_values, {464, 544, 640}},
    {&O::float_value, {480, 560, 656}},
    {&O::int_tag, {496, 576, 672}},
    {&O::int_digits, {504, 584, 680}},
    {&O::bytes_data, {528, 608, 704}},
    {&O::string_state, {544, 624, 720}},
    {&O::string_length, {552, 632, 728}},
    {&O::string_ascii, {560, 640, 736}},
};

uint64_t word_at(Bytes bytes, size_t offset) {
  ByteReader reader(bytes);
  reader.seek(offset);
  return reader.read_u64();
}

/// False where an offset cannot be: beyond the structure, or not of the alignment that the table's field has.
template <class Struct, size_t kCount>
bool apply(const Source<Struct> (&sources)[kCount], size_t version, Bytes bytes, Struct& out, int& changed) {
  for (const Source<Struct>& source : sources) {
    if (source.at[version] == 0) continue;
    const uint64_t value = word_at(bytes, source.at[version]);
    PythonOffset& field = out.*source.field;
    const bool aligned = field % 8 != 0 || value % 8 == 0;
    if (value >= source.limit || !aligned) return false;
    if (static_cast<uint64_t>(field) != value) ++changed;
    field = static_cast<PythonOffset>(value);
  }
  return true;
}

/// Fields that the structure does not name, beside others that it does.
bool apply_derived(size_t version, Bytes bytes, const Layout& table, Layout& layout, int& changed) {
  constexpr std::array<uint16_t, 3> kGc{80, 88, 88};
  constexpr std::array<uint16_t, 3> kCollecting{576, 656, 760};
  const uint64_t gc = word_at(bytes, kGc[version]);
  const uint64_t collecting = word_at(bytes, kCollecting[version]);
  if (gc >= kMaxInterpreterOffset || collecting >= kMaxOffset) return false;
  layout.walk.interpreter_gc_collecting = static_cast<PythonOffset>(gc + collecting);
  if (layout.walk.interpreter_gc_collecting != table.walk.interpreter_gc_collecting) ++changed;
  layout.walk.thread_top = layout.walk.thread_chunk + (table.walk.thread_top - table.walk.thread_chunk);
  layout.object.string_compact =
      layout.object.string_ascii + (table.object.string_compact - table.object.string_ascii);
  return true;
}

}  // namespace

std::optional<DebugHeader> decode_debug_header(Bytes bytes) {
  ByteReader reader(bytes);
  const Bytes cookie = reader.read_bytes(kCookie.size());
  const uint64_t version = reader.read_u64();
  const uint64_t free_threaded = reader.read_u64();
  if (!reader.ok() || std::memcmp(cookie.data(), kCookie.data(), kCookie.size()) != 0) return std::nullopt;
  return DebugHeader{.version_hex = static_cast<uint32_t>(version), .free_threaded = free_threaded != 0};
}

Result<int> apply_debug_offsets(Bytes bytes, Layout& layout) {
  constexpr std::array<size_t, 3> kBytes{584, 760, 888};
  const int minor = static_cast<int>(layout.walk.minor);
  if (minor < 13 || minor > kNewestMinor) return 0;
  const auto version = static_cast<size_t>(minor - 13);
  const Layout table = layout;
  int changed = 0;
  if (bytes.size() < kBytes[version] || !apply(kWalkSources, version, bytes, layout.walk, changed) ||
      (layout.walk.free_threaded != 0 &&
       !apply(kFreeThreadedSources, version, bytes, layout.walk, changed)) ||
      !apply(kObjectSources, version, bytes, layout.object, changed) ||
      !apply_derived(version, bytes, table, layout, changed)) {
    layout = table;
    return fail(ErrorCode::malformed, fmt::format("offsets of CPython 3.{} that cannot be", minor));
  }
  complete_layout(layout);
  return changed;
}

}  // namespace strobe::python
