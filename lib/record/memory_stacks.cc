#include "record/memory_stacks.h"

namespace strobe::record {
namespace {

UnwoundFrame frame_of(const heap::Node& node) {
  const bool interrupted = heap::kind_of(node) == heap::NodeKind::interrupted;
  return {.address = RuntimeAddr{heap::address_of(node)},
          .kind = interrupted ? AddressKind::instruction : AddressKind::return_address};
}

}  // namespace

FrameId MemoryStacks::name(const heap::Node& node, const StackTools& tools) {
  if (tools.python == nullptr) return {};
  RawPythonFrame frame{.code = heap::address_of(node)};
  const heap::PythonPlace place = heap::python_place_of(node);
  const bool by_index = tools.python->frames.runtime().minor() <= 10;
  if (place.instruction != heap::kNoInstruction) {
    frame.instruction = place.instruction + (by_index ? 0 : frame.code);
  }
  return tools.python_frames->name_marked(*tools.python, frame, place.mark);
}

void MemoryStacks::name_python(uint32_t id, const heap::Node& node, const StackTools& tools) {
  if (id >= count()) python_.insert_or_assign(id, name(node, tools));
}

/// The frames of a stack that turns out to be outside of Python frames: the interpreter's own, and those that
/// only start it, are shown as that.
StackId MemoryStacks::start_of_python(uint32_t id, const StackTools& tools) {
  if (id == 0) return {};
  if (const auto known = python_starts_.find(id); known != python_starts_.end()) return known->second;
  std::vector<FrameId> frames;  // innermost first
  for (uint32_t node = id; node != 0; node = nodes_[node].parent) frames.push_back(nodes_[node].frame);
  PythonFrames& python = *tools.python_frames;
  StackId stack;
  bool starting = true;
  for (size_t i = frames.size(); i-- > 0;) {
    const bool interpreter = python.is_of_interpreter(frames[i]);
    starting = starting && (interpreter || python.is_of_starter(frames[i]));
    const FrameId shown = interpreter || starting ? python.as_interpreter(frames[i]) : frames[i];
    stack = tools.namer->intern_frame_below(stack, shown);
  }
  return python_starts_[id] = stack;
}

void MemoryStacks::add(const heap::Node& node, const StackTools& tools) {
  if (nodes_.empty()) {
    nodes_.emplace_back();  // the root
    return;
  }
  const uint32_t id = count();
  Known known{.parent = node.parent < id ? node.parent : 0};
  const Known& parent = nodes_[known.parent];
  const auto intern = [&](FrameId frame) {
    if (!frame.is_none()) known.stack = tools.namer->intern_frame_below(known.stack, frame);
  };
  if (heap::kind_of(node) == heap::NodeKind::python) {
    known.below_python = true;
    known.stack = parent.below_python ? parent.stack : start_of_python(known.parent, tools);
    const auto named = python_.find(id);
    intern(named != python_.end() ? named->second : name(node, tools));
    if (named != python_.end()) python_.erase(named);
  } else {
    known.frame = tools.namer->name_address(*tools.process, frame_of(node));
    known.below_python = parent.below_python;
    known.stack = parent.stack;
    FrameId frame = known.frame;
    if (parent.below_python && tools.python != nullptr) {
      intern(tools.python_frames->name_c_function(*tools.python, tools.process->space, frame));
    }
    if (parent.below_python && tools.python_frames->is_of_interpreter(frame)) {
      frame = tools.python_frames->as_interpreter(frame);
    }
    intern(frame);
  }
  nodes_.push_back(known);
}

}  // namespace strobe::record
