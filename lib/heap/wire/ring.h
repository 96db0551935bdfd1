// The shared memory between the agent in a program and the reader in Strobe: one file per process, made by
// the agent in the session's folder, mapped by both. Nothing in it is believed by the reader without a check,
// and the agent never waits for the reader for longer than kMaxWaitMs.
//
// Layout: RingHeader, `slot_count` slots, `node_capacity` nodes. Writers reserve a slot by adding to
// `reserved` and commit it by storing its first word, whose phase bit changes with every lap; so slots have
// one order over all threads, in which a block's allocation comes before its release, and that before the
// next allocation at its address. Nodes are the tree of call stacks: each names its caller's node, which
// comes before it. A slot that names a node was committed after the node. C library headers only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strobe::heap {

inline constexpr uint64_t kMagic = 0x33676e6972627473;  // "stbring3"
/// "FOLDER", then ":INTERVAL" where sampled, ":python" where Python's small objects are told as well.
inline constexpr const char* kFolderVariable = "STROBE_MEMORY";
inline constexpr const char* kPythonWord = "python";
inline constexpr const char* kRingEnding = ".ring";
/// In the folder: Strobe holds a lock on it (flock) for as long as it reads.
inline constexpr const char* kAliveName = "alive";
inline constexpr uint32_t kMaxWaitMs = 2000;  ///< without any progress of the reader; then the agent is off

enum class Mode : uint32_t { off, sampled, all };

/// What happened to a block. A realloc is told before and after, so that nobody else's block can have the old
/// address in between: `realloc_from` takes the old block away, `realloc_to` is the new one, `realloc_failed`
/// gives the old one back. In mode `sampled` there is no `realloc_to`,
/// and the size of a release (or realloc_from) is 1 where its thread allocated nothing since it did that
/// block.
enum class EventKind : uint8_t {
  none,
  allocate,
  release,
  realloc_from,
  realloc_to,
  realloc_failed,
  map,                ///< the program's own mmap
  unmap,              ///< any part of the address space
  allocate_python,    ///< as `allocate` and `realloc_to`, of a block that the interpreter's own allocator cut
  realloc_to_python,  ///< from memory that it had
};

/// 16 bytes: address, kind, thread and phase; stack and size.
struct Slot {
  std::atomic<uint64_t> head;  ///< 0 to 47 address, 48 to 51 kind, 52 to 62 thread, 63 phase
  std::atomic<uint64_t> body;  ///< 0 to 39 size, 40 to 63 stack (a node; 0: none)
};
inline constexpr int kKindShift = 48;
inline constexpr int kThreadShift = 52;
inline constexpr int kPhaseShift = 63;
inline constexpr int kStackShift = 40;
inline constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;
inline constexpr uint64_t kKindMask = 0xf;
inline constexpr uint64_t kThreadMask = 0x7ff;
inline constexpr uint64_t kSizeMask = (uint64_t{1} << 40) - 1;  ///< larger sizes are cut to this

/// The phase of the slot with this number when it is committed. Shared memory begins with zeros: 1 at first.
[[nodiscard]] constexpr uint64_t phase_of(uint64_t number, uint64_t slot_count) {
  return (number / slot_count + 1) & 1;
}

/// A frame and its caller.
struct Node {
  uint64_t code = 0;    ///< 0 to 47 what it is about, 48 to 55 NodeKind, 56 to 63 of Python frames
  uint32_t parent = 0;  ///< 0: the outermost
  uint32_t detail = 0;
};
enum class NodeKind : uint8_t {
  native,       ///< `code`: the return address
  interrupted,  ///< `code`: the instruction that a signal interrupted
  python,       ///< `code`: the code object; beside it what PythonPlace has
};
inline constexpr int kNodeKindShift = 48;
[[nodiscard]] constexpr NodeKind kind_of(const Node& node) {
  return static_cast<NodeKind>(node.code >> kNodeKindShift & 0xff);
}
[[nodiscard]] constexpr uint64_t address_of(const Node& node) {
  return node.code & ((uint64_t{1} << kNodeKindShift) - 1);
}

/// Of a Python frame, beside the address of its code object, which is freed at times before Strobe looks.
struct PythonPlace {
  uint32_t instruction = 0;  ///< from the code object on; up to CPython 3.10 f_lasti; or kNoInstruction
  uint32_t mark = 0;         ///< code_mark (model/python_walk.h), 18 bits; 0 unknown
};
inline constexpr int kInstructionBits = 22;
inline constexpr uint32_t kNoInstruction =
    (uint32_t{1} << kInstructionBits) - 1;  ///< is elsewhere, or further
inline constexpr int kMarkShift = 56;
inline constexpr int kMarkBitsInDetail = 32 - kInstructionBits;
[[nodiscard]] constexpr PythonPlace python_place_of(const Node& node) {
  return {.instruction = node.detail & kNoInstruction,
          .mark = node.detail >> kInstructionBits | static_cast<uint32_t>(node.code >> kMarkShift)
                                                        << kMarkBitsInDetail};
}
/// `parent` is left to the caller.
[[nodiscard]] constexpr Node python_node(uint64_t code, const PythonPlace& place) {
  return {.code = (code & ((uint64_t{1} << kNodeKindShift) - 1)) |
                  static_cast<uint64_t>(NodeKind::python) << kNodeKindShift |
                  uint64_t{place.mark >> kMarkBitsInDetail} << kMarkShift,
          .detail = place.instruction | place.mark << kInstructionBits};
}

/// Why an agent stopped telling.
enum class OffReason : uint32_t {
  none,
  stalled,     ///< the reader did not come
  no_storage,  ///< there was no memory for what it needs
};

inline constexpr size_t kMaxPythonLayout = 256;

/// Code went away (dlclose): nodes below `nodes` are of what was loaded before.
struct Closing {
  std::atomic<uint64_t> time_ns;  ///< CLOCK_MONOTONIC; 0: none
  std::atomic<uint32_t> nodes;
};
inline constexpr uint32_t kKeptClosings =
    32;  ///< the last ones; in the order in which they came, modulo this

struct RingHeader {
  std::atomic<uint64_t> magic;  ///< kMagic once all else is there
  uint32_t mode = 0;
  int32_t pid = 0;  ///< in the process's own PID namespace
  uint64_t interval_bytes = 0;
  uint64_t slot_count = 0;  ///< a power of two
  uint64_t node_capacity = 0;
  uint64_t started_ns = 0;                       ///< CLOCK_MONOTONIC
  alignas(64) std::atomic<uint64_t> reserved;    ///< slots that writers took
  alignas(64) std::atomic<uint64_t> consumed;    ///< slots that the reader is done with; written by it alone
  alignas(64) std::atomic<uint32_t> node_count;  ///< nodes that are there; the first is no frame
  std::atomic<uint32_t> nodes_ready;             ///< nodes there is storage for; the reader adds more in time
  std::atomic<uint32_t> off_reason;
  std::atomic<uint32_t> closed;  ///< by the reader: nothing more is taken
  /// By the reader, once it knows the process's Python: bytes of a PythonWalkLayout (model/python_walk.h).
  std::atomic<uint32_t> python_ready;
  alignas(8) unsigned char python_layout[kMaxPythonLayout];
  std::atomic<uint64_t> lost;        ///< events without a slot
  std::atomic<uint64_t> cut_stacks;  ///< that do not reach the thread's start
  std::atomic<uint64_t> no_stacks;   ///< events without any, where one could not be taken
  std::atomic<uint32_t> closing_count;
  Closing closings[kKeptClosings];
};

inline constexpr size_t kHeaderBytes = 4096;
static_assert(sizeof(RingHeader) <= kHeaderBytes && sizeof(Slot) == 16 && sizeof(Node) == 16);

[[nodiscard]] constexpr size_t ring_bytes(uint64_t slot_count, uint64_t node_capacity) {
  return kHeaderBytes + slot_count * sizeof(Slot) + node_capacity * sizeof(Node);
}

}  // namespace strobe::heap
