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

const OracleRequest& request_of(void* argument) { return *static_cast<const OracleRequest*>(argument); }

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
  return -UNW_ENOINFO;
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
  if (write != 0) return -UNW_EINVAL;
  const OracleRequest& request = request_of(argument);
  uint64_t word = 0;
  if (!request.memory.read_memory(address, std::as_writable_bytes(std::span(&word, 1))) &&
      !read_file_word(request, address, word)) {
    return -UNW_EINVAL;
  }
  *value = word;
  return 0;
}

int access_reg(unw_addr_space_t /*space*/, unw_regnum_t number, unw_word_t* value, int write,
               void* argument) {
  if (write != 0 || number < 0 || number > x86_64::kRip) return -UNW_EBADREG;
  *value = request_of(argument).registers.value[static_cast<size_t>(number)];
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

}  // namespace

std::vector<uint64_t> unwind_with_libunwind(const OracleRequest& request) {
  std::vector<uint64_t> frames{request.registers.value[x86_64::kRip]};
  unw_accessors_t accessors{.find_proc_info = find_proc_info,
                            .put_unwind_info = put_unwind_info,
                            .get_dyn_info_list_addr = get_dyn_info_list,
                            .access_mem = access_mem,
                            .access_reg = access_reg,
                            .access_fpreg = access_fpreg,
                            .resume = resume,
                            .get_proc_name = get_proc_name};
  unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
  if (space == nullptr) return frames;
  unw_set_caching_policy(space, UNW_CACHE_NONE);
  unw_cursor_t cursor;
  OracleRequest argument = request;
  if (unw_init_remote(&cursor, space, &argument) == 0) {
    while (frames.size() < request.max_frames && unw_step(&cursor) > 0) {
      unw_word_t ip = 0;
      if (unw_get_reg(&cursor, UNW_REG_IP, &ip) != 0 || ip == 0) break;
      frames.push_back(ip);
    }
  }
  unw_destroy_addr_space(space);
  return frames;
}

}  // namespace strobe::unwind
