// Where the fields of CPython's objects are, for each minor version and build: tables that come with Strobe,
// checked against and overridden by the _Py_DebugOffsets that interpreters from 3.13 on bring themselves.
// Offsets in bytes; negative: this version has no such field. Pure.
// Source: the headers of each minor version below Include/, x86-64.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/python_walk.h"

namespace strobe::python {

inline constexpr int kOldestMinor = 9;
inline constexpr int kNewestMinor = 15;

/// The objects that names, lines and simple values are read from.
struct ObjectLayout {
  // PyObject, PyVarObject
  PythonOffset type;
  PythonOffset size;
  // PyTypeObject, PyHeapTypeObject
  PythonOffset type_name;  ///< a C string
  PythonOffset type_flags;
  PythonOffset type_basic_size;
  PythonOffset type_dict_offset;
  PythonOffset type_cached_keys;
  // PyCodeObject
  PythonOffset code_size;  ///< sizeof
  PythonOffset code_filename;
  PythonOffset code_name;
  PythonOffset code_qualname;  ///< from 3.11
  PythonOffset code_linetable;
  PythonOffset code_first_line;  ///< i32
  PythonOffset code_flags;
  PythonOffset code_bytecode;     ///< the bytecode itself; up to 3.10 a pointer to bytes
  PythonOffset code_copies;       ///< co_tlbc, free-threaded from 3.14
  PythonOffset code_local_count;  ///< i32, co_nlocalsplus; up to 3.10 co_nlocals
  PythonOffset code_local_names;  ///< a tuple
  PythonOffset code_local_kinds;  ///< bytes, from 3.11
  PythonOffset frame_locals;      ///< of a frame: the first of its local variables
  // str, bytes
  PythonOffset string_length;
  PythonOffset string_state;
  PythonOffset string_ascii;    ///< where a compact ASCII string has its characters
  PythonOffset string_compact;  ///< where another compact string has them
  PythonOffset bytes_data;
  // int, float
  PythonOffset int_tag;  ///< lv_tag, from 3.12; before, the sign and length are `size`
  PythonOffset int_digits;
  PythonOffset float_value;
  // list, tuple
  PythonOffset list_items;  ///< pointer to the items
  PythonOffset tuple_items;
  // dict, PyDictKeysObject, PyDictValues
  PythonOffset dict_used;
  PythonOffset dict_keys;
  PythonOffset dict_values;
  PythonOffset keys_log2_index_bytes;  ///< from 3.11
  PythonOffset keys_kind;              ///< from 3.11
  PythonOffset keys_size;              ///< up to 3.10
  PythonOffset keys_count;
  PythonOffset keys_indices;
  PythonOffset values_data;  ///< behind the header that they have from 3.13 on
  PythonOffset module_dict;
  // PyInterpreterState
  PythonOffset interpreter_modules;  ///< sys.modules
};

struct Layout {
  PythonWalkLayout walk{};
  ObjectLayout object{};
};

/// The table of CPython 3.`minor`; nullopt where there is none (also free-threaded before 3.13).
[[nodiscard]] std::optional<Layout> find_layout(int minor, bool free_threaded);

/// Fills in what follows from other fields: the sizes, and what the walk needs of a code object.
void complete_layout(Layout& layout);

}  // namespace strobe::python
