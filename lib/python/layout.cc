#include "python/layout.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace strobe::python {
namespace {

constexpr size_t kVariantCount = 10;
constexpr PythonOffset kNo = -1;  // not in this version

template <class Struct>
struct Row {
  PythonOffset Struct::*field;
  std::array<PythonOffset, kVariantCount> offset;
};

constexpr size_t variant_of(int minor, bool free_threaded) {
  return minor < 13 ? static_cast<size_t>(minor - kOldestMinor)
                    : static_cast<size_t>(4 + 2 * (minor - 13) + (free_threaded ? 1 : 0));
}

using W = PythonWalkLayout;
using O = ObjectLayout;

// clang-format off
constexpr Row<W> kWalk[] = {
  //                                 3.9   3.10  3.11  3.12  3.13 3.13t  3.14 3.14t  3.15 3.15t
  {&W::runtime_interpreters,       {  32,   32,   40,   40,  632,  632,  808,  808,  936,  936}},
  {&W::runtime_finalizing,         {  16,   16,   24,   24,  608,  608,  784,  784,  912,  912}},
  {&W::runtime_gil,                { 352,  352,  360,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::interpreter_next,           {   0,    0,    0,    0, 7264, 7264, 7272, 7272, 7264, 7264}},
  {&W::interpreter_id,             {  24,   24,   48,    8, 7272, 7272, 7280, 7280, 7272, 7272}},
  {&W::interpreter_threads,        {   8,    8,   16,   72, 7344, 7344, 7344, 7344, 7336, 7336}},
  {&W::interpreter_gil,            { kNo,  kNo,  kNo,  384,   16,   16,   16,   16,   16,   16}},
  {&W::interpreter_gc_collecting,  { 816,  816,  848,  312, 7600, 7600, 7600, 7600, 7512, 7512}},
  {&W::gil_last_holder,            {   8,    8,    8,    8,    8,   16,    8,   16,    8,   16}},
  {&W::gil_locked,                 {  16,   16,   16,   16,   16,   24,   16,   24,   16,   24}},
  {&W::gil_enabled,                { kNo,  kNo,  kNo,  kNo,  kNo,    0,  kNo,    0,  kNo,    0}},
  {&W::gil_size,                   { 208,  208,  208,  208,  208,  216,  208,  216,  208,  216}},
  {&W::thread_next,                {   8,    8,    8,    8,    8,    8,    8,    8,    8,    8}},
  {&W::thread_interpreter,         {  16,   16,   16,   16,   16,   16,   16,   16,   16,   16}},
  {&W::thread_frame,               {  24,   24,   56,   56,   72,   72,   72,   72,   72,   72}},
  {&W::thread_cframe,              { kNo,   48,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::thread_native_id,           { kNo,  kNo,  160,  144,  160,  160,  160,  160,  184,  184}},
  {&W::thread_ident,               { 176,  176,  152,  136,  152,  152,  152,  152,  176,  176}},
  {&W::thread_state,               { kNo,  kNo,  kNo,  kNo,   40,   40,   44,   44,   48,   48}},
  {&W::thread_chunk,               { kNo,  kNo,  296,  232,  232,  232,  232,  232,  256,  256}},
  {&W::thread_top,                 { kNo,  kNo,  304,  240,  240,  240,  240,  240,  264,  264}},
  {&W::thread_base_frame,          { kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,   80,   80}},
  {&W::cframe_frame,               { kNo,  kNo,    8,    0,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::cframe_previous,            { kNo,    8,   16,    8,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::frame_code,                 {  32,   32,   32,    0,    0,    0,    0,    0,    0,    0}},
  {&W::frame_previous,             {  24,   24,   48,    8,    8,    8,    8,    8,    8,    8}},
  {&W::frame_instruction,          { 104,   96,   56,   56,   56,   56,   56,   56,   56,   56}},
  {&W::frame_owner,                { kNo,  kNo,   69,   70,   70,   70,   74,   78,   74,   78}},
  {&W::frame_is_entry,             { kNo,  kNo,   68,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::frame_generator,            {  96,   88,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&W::frame_tlbc,                 { kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,   72,  kNo,   72}},
};

constexpr Row<O> kObject[] = {
  //                                 3.9   3.10  3.11  3.12  3.13 3.13t  3.14 3.14t  3.15 3.15t
  {&O::type,                       {   8,    8,    8,    8,    8,   24,    8,   24,    8,   24}},
  {&O::size,                       {  16,   16,   16,   16,   16,   32,   16,   32,   16,   32}},
  {&O::type_name,                  {  24,   24,   24,   24,   24,   40,   24,   40,   24,   40}},
  {&O::type_flags,                 { 168,  168,  168,  168,  168,  184,  168,  184,  168,  184}},
  {&O::type_basic_size,            {  32,   32,   32,   32,   32,   48,   32,   48,   32,   48}},
  {&O::type_dict_offset,           { 288,  288,  288,  288,  288,  304,  288,  304,  288,  304}},
  {&O::type_cached_keys,           { 864,  872,  872,  880,  880,  896,  880,  896,  888,  904}},
  {&O::code_size,                  { 176,  176,  192,  200,  208,  224,  216,  240,  216,  240}},
  {&O::code_filename,              { 104,  104,  112,  112,  112,  128,  112,  128,  112,  128}},
  {&O::code_name,                  { 112,  112,  120,  120,  120,  136,  120,  136,  120,  136}},
  {&O::code_qualname,              { kNo,  kNo,  128,  128,  128,  144,  128,  144,  128,  144}},
  {&O::code_linetable,             { 120,  120,  136,  136,  136,  152,  136,  152,  136,  152}},
  {&O::code_first_line,            {  40,   40,   72,   68,   68,   84,   68,   84,   68,   84}},
  {&O::code_flags,                 {  36,   36,   48,   48,   48,   64,   48,   64,   48,   64}},
  {&O::code_bytecode,              {  48,   48,  184,  192,  200,  216,  208,  232,  208,  232}},
  {&O::code_copies,                { kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  224,  kNo,  224}},
  {&O::code_local_count,           {  28,   28,   76,   72,   72,   88,   72,   88,   72,   88}},
  {&O::code_local_names,           {  72,   72,   96,   96,   96,  112,   96,  112,   96,  112}},
  {&O::code_local_kinds,           { kNo,  kNo,  104,  104,  104,  120,  104,  120,  104,  120}},
  {&O::frame_locals,               { 360,  352,   72,   72,   72,   72,   80,   80,   80,   80}},
  {&O::string_length,              {  16,   16,   16,   16,   16,   32,   16,   32,   16,   32}},
  {&O::string_state,               {  32,   32,   32,   32,   32,   48,   32,   48,   32,   48}},
  {&O::string_ascii,               {  48,   48,   48,   40,   40,   56,   40,   56,   40,   56}},
  {&O::string_compact,             {  72,   72,   72,   56,   56,   72,   56,   72,   56,   72}},
  {&O::bytes_data,                 {  32,   32,   32,   32,   32,   48,   32,   48,   32,   48}},
  {&O::int_tag,                    { kNo,  kNo,  kNo,   16,   16,   32,   16,   32,   16,   32}},
  {&O::int_digits,                 {  24,   24,   24,   24,   24,   40,   24,   40,   24,   40}},
  {&O::float_value,                {  16,   16,   16,   16,   16,   32,   16,   32,   16,   32}},
  {&O::list_items,                 {  24,   24,   24,   24,   24,   40,   24,   40,   24,   40}},
  {&O::tuple_items,                {  24,   24,   24,   24,   24,   40,   32,   48,   32,   48}},
  {&O::dict_used,                  {  16,   16,   16,   16,   16,   32,   16,   32,   16,   32}},
  {&O::dict_keys,                  {  32,   32,   32,   32,   32,   48,   32,   48,   32,   48}},
  {&O::dict_values,                {  40,   40,   40,   40,   40,   56,   40,   56,   40,   56}},
  {&O::keys_log2_index_bytes,      { kNo,  kNo,    9,    9,    9,    9,    9,    9,    9,    9}},
  {&O::keys_kind,                  { kNo,  kNo,   10,   10,   10,   10,   10,   10,   10,   10}},
  {&O::keys_size,                  {   8,    8,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo,  kNo}},
  {&O::keys_count,                 {  32,   32,   24,   24,   24,   24,   24,   24,   24,   24}},
  {&O::keys_indices,               {  40,   40,   32,   32,   32,   32,   32,   32,   32,   32}},
  {&O::values_data,                {   0,    0,    0,    0,    8,    8,    8,    8,    8,    8}},
  {&O::module_dict,                {  16,   16,   16,   16,   16,   32,   16,   32,   16,   32}},
  {&O::interpreter_modules,        { 856,  856,  888,  944, 7656, 7664, 7688, 7712, 7592, 7592}},
};
// clang-format on

template <class Struct, size_t kCount>
void fill(const Row<Struct> (&rows)[kCount], size_t variant, Struct& out) {
  for (const Row<Struct>& row : rows) out.*row.field = row.offset[variant];
}

/// The end of the last of `fields`, which are no wider than `width`, rounded up to words.
PythonHalf end_of(std::initializer_list<PythonOffset> fields, int width) {
  return static_cast<PythonHalf>((std::max(fields) + width + 7) / 8 * 8);
}

}  // namespace

void complete_layout(Layout& all) {
  PythonWalkLayout& layout = all.walk;
  layout.thread_size = end_of({layout.thread_next, layout.thread_interpreter, layout.thread_frame,
                               layout.thread_native_id, layout.thread_ident, layout.thread_state,
                               layout.thread_chunk, layout.thread_top, layout.thread_base_frame},
                              8);
  const PythonHalf words =
      end_of({layout.frame_code, layout.frame_previous, layout.frame_instruction, layout.frame_generator}, 8);
  const PythonHalf others = end_of({layout.frame_owner, layout.frame_is_entry, layout.frame_tlbc + 3}, 1);
  layout.frame_size = std::max(words, others);
  layout.code_first_line = all.object.code_first_line;
  layout.code_line_table = all.object.code_linetable;
}

std::optional<Layout> find_layout(int minor, bool free_threaded) {
  if (minor < kOldestMinor || minor > kNewestMinor || (free_threaded && minor < 13)) return std::nullopt;
  Layout layout;
  const size_t variant = variant_of(minor, free_threaded);
  fill(kWalk, variant, layout.walk);
  fill(kObject, variant, layout.object);
  layout.walk.minor = static_cast<PythonHalf>(minor);
  layout.walk.free_threaded = free_threaded ? 1 : 0;
  layout.walk.owner_shim = minor >= 12 ? 3 : 0xff;
  complete_layout(layout);
  return layout;
}

}  // namespace strobe::python
