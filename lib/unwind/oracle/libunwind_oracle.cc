#include "unwind/oracle/libunwind_oracle.h"

#include <libunwind.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "unwind/core/cfi_entry.h"

// Exported by libunwind for users with accessors of their own (perf, gdbserver), but in no header.
extern "C" int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip,
                                                  unw_dyn_info_t* table, unw_proc_info_t* info,
                                                  int need_unwind_info, void* argument);

namespace strobe::unwind {

namespace {

/// DWARF numbers are libunwind's on x86-64.
static_assert(int{UNW_X86_64_RBP} == int{x86_64::kRbp} && int{UNW_X86_64_R15} == int{x86_64::kR15} &&
              int{UNW_X86_64_RIP} == int{x86_64::kRip});

/// CFI comes from the target's files: whatever it makes libunwind do ends after so many words read.
constexpr uint64_t kMaxReadsPerFrame = 65'536;

/// Where libunwind finds the search table that we make for it: no address of user space.
constexpr uint64_t kMadeTable = uint64_t{1} << 63;

/// A search table of one function, as .eh_frame_hdr has them: where the function and its FDE begin.
struct MadeTable {
  int32_t function = 0;
  int32_t record = 0;
};
static_assert(sizeof(MadeTable) == sizeof(unw_word_t));

/// What the callbacks are given.
struct Session {
  OracleRequest request;
  FrameRegisters frame;
  uint64_t reads_left;
  MadeTable table{};
};

const OracleRequest& request_of(void* argument) { return static_cast<const Session*>(argument)->request; }

const ModuleCfi* module_at(const OracleRequest& request, uint64_t address, uint64_t& bias) {
  const Mapping* mapping = request.space.find(RuntimeAddr{address});
  if (mapping == nullptr) return nullptr;
  bias = mapping->bias;
  return request.modules.find_cfi(mapping->module);
}

int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t* info, int need_unwind_info,
                   void* argument) {
  const OracleRequest& request = request_of(argument);
  uint64_t bias = 0;
  const ModuleCfi* module = module_at(request, ip, bias);
  if (module == nullptr) return -UNW_ENOINFO;
  for (const elf::Segment& segment : module->elf().segments()) {
    EhFrameHeader header;
    if (segment.type != PT_GNU_EH_FRAME) continue;
    const Bytes bytes = checked_subspan(module->elf().bytes(), segment.offset, segment.file_size);
    if (!decode_eh_frame_header(bytes, raw(segment.address), header) || header.table.empty()) continue;
    unw_dyn_info_t table{};
    const Mapping* mapping = request.space.find(RuntimeAddr{ip});
    table.start_ip = raw(mapping->start);
    table.end_ip = raw(mapping->end);
    table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    table.u.rti.segbase = header.address + bias;
    table.u.rti.table_data =
        header.address + bias + static_cast<uint64_t>(header.table.data() - bytes.data());
    table.u.rti.table_len = header.table.size() / sizeof(unw_word_t);
    return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info, need_unwind_info, argument);
  }
  // Linkers leave the table out of static programs; without one libunwind would follow frame pointers there.
  Fde fde;
  const FileAddr address{ip - bias};
  const auto record = module->find_untabled_record(address);
  if (!record || module->find_fde(address, fde) != ModuleCfi::Lookup::found) return -UNW_ENOINFO;
  static_cast<Session*>(argument)->table = {.function = static_cast<int32_t>(fde.pc_begin - raw(*record)),
                                            .record = 0};
  unw_dyn_info_t table{};
  table.start_ip = fde.pc_begin + bias;
  table.end_ip = fde.pc_end + bias;
  table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
  table.u.rti.segbase = raw(*record) + bias;
  table.u.rti.table_data = kMadeTable;
  table.u.rti.table_len = 1;
  return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info, need_unwind_info, argument);
}

void put_unwind_info(unw_addr_space_t /*space*/, unw_proc_info_t* /*info*/, void* /*argument*/) {}

int get_dyn_info_list(unw_addr_space_t /*space*/, unw_word_t* /*address*/, void* /*argument*/) {
  return -UNW_ENOINFO;
}

/// A word of a mapped file: the unwind tables and the code, which the stack's bytes do not have.
bool read_file_word(const OracleRequest& request, uint64_t address, uint64_t& out) {
  for (const Mapping& mapping : request.space.mappings()) {
    const ModuleCfi* module = request.modules.find_cfi(mapping.module);
    if (module == nullptr) continue;
    const Bytes bytes = module->elf().bytes_at(mapping.to_file(RuntimeAddr{address}));
    if (bytes.empty()) continue;
    std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof out));
    return true;
  }
  return false;
}

int access_mem(unw_addr_space_t /*space*/, unw_word_t address, unw_word_t* value, int write, void* argument) {
  Session& session = *static_cast<Session*>(argument);
  if (write != 0 || session.reads_left == 0) return -UNW_EINVAL;
  --session.reads_left;
  if (address == kMadeTable) {
    std::memcpy(value, &session.table, sizeof *value);
    return 0;
  }
  const OracleRequest& request = session.request;
  uint64_t word = 0;
  // Files first: for the stack's memory an address elsewhere would be another stack of a live thread.
  if (!read_file_word(request, address, word) &&
      !request.memory.read_memory(address, std::as_writable_bytes(std::span(&word, 1)))) {
    return -UNW_EINVAL;
  }
  *value = word;
  return 0;
}

int access_reg(unw_addr_space_t /*space*/, unw_regnum_t number, unw_word_t* value, int write,
               void* argument) {
  const FrameRegisters& frame = static_cast<const Session*>(argument)->frame;
  if (write != 0 || number < 0 || number > x86_64::kRip || !frame.is_known(static_cast<size_t>(number))) {
    return -UNW_EBADREG;
  }
  *value = frame.get(static_cast<size_t>(number));
  return 0;
}

int access_fpreg(unw_addr_space_t /*space*/, unw_regnum_t /*number*/, unw_fpreg_t* /*value*/, int /*write*/,
                 void* /*argument*/) {
  return -UNW_EBADREG;
}

int resume(unw_addr_space_t /*space*/, unw_cursor_t* /*cursor*/, void* /*argument*/) { return -UNW_EINVAL; }

int get_proc_name(unw_addr_space_t /*space*/, unw_word_t /*address*/, char* /*buffer*/, size_t /*size*/,
                  unw_word_t* /*offset*/, void* /*argument*/) {
  return -UNW_ENOINFO;
}

/// Owner of libunwind's address space.
class RemoteSpace {
 public:
  RemoteSpace() {
    unw_accessors_t accessors{.find_proc_info = find_proc_info,
                              .put_unwind_info = put_unwind_info,
                              .get_dyn_info_list_addr = get_dyn_info_list,
                              .access_mem = access_mem,
                              .access_reg = access_reg,
                              .access_fpreg = access_fpreg,
                              .resume = resume,
                              .get_proc_name = get_proc_name};
    space_ = unw_create_addr_space(&accessors, 0);
    if (space_ != nullptr) unw_set_caching_policy(space_, UNW_CACHE_NONE);
  }
  RemoteSpace(const RemoteSpace&) = delete;
  RemoteSpace& operator=(const RemoteSpace&) = delete;
  ~RemoteSpace() {
    if (space_ != nullptr) unw_destroy_addr_space(space_);
  }
  [[nodiscard]] bool init(unw_cursor_t& cursor, Session& session) const {
    return space_ != nullptr && unw_init_remote(&cursor, space_, &session) == 0;
  }

 private:
  unw_addr_space_t space_;
};

}  // namespace

std::vector<uint64_t> unwind_with_libunwind(const OracleRequest& request) {
  std::vector<uint64_t> frames{request.registers.value[x86_64::kRip]};
  const RemoteSpace space;
  Session session{request, {.registers = request.registers}, kMaxReadsPerFrame};
  unw_cursor_t cursor;
  if (!space.init(cursor, session)) return frames;
  while (frames.size() < request.max_frames && unw_step(&cursor) > 0) {
    unw_word_t ip = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &ip) != 0 || ip == 0) break;
    frames.push_back(ip);
    session.reads_left = kMaxReadsPerFrame;
  }
  return frames;
}

bool step_with_libunwind(const OracleRequest& request, FrameRegisters& frame) {
  const RemoteSpace space;
  Session session{request, frame, kMaxReadsPerFrame};
  unw_cursor_t cursor;
  if (!space.init(cursor, session) || unw_step(&cursor) <= 0) return false;
  FrameRegisters caller{.known = 0};
  for (size_t number = 0; number < kArchitecture.register_count; ++number) {
    unw_word_t value = 0;
    if ((kArchitecture.callee_saved >> number & 1) != 0 &&
        unw_get_reg(&cursor, static_cast<unw_regnum_t>(number), &value) == 0) {
      caller.set(number, value);
    }
  }
  if (!caller.is_known(kArchitecture.program_counter) || !caller.is_known(kArchitecture.stack_pointer)) {
    return false;
  }
  frame = caller;
  return true;
}

}  // namespace strobe::unwind
