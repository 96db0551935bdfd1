// C++'s operators new and delete in all their forms, each from a function of its own; prints what was asked
// for, as heap_shapes does. With "leak" the blocks stay.
#include <cstdlib>
#include <cstring>
#include <new>

#include "../../../sample_workloads/native/heap_truth.h"

namespace {

constexpr int kForms = 8;
heap_account accounts[kForms];
int used = 0;
bool leak = false;

heap_account* account(const char* name, size_t size) {
  heap_account* mine = &accounts[used++];
  mine->name = name;
  took(mine, size);
  return mine;
}

struct alignas(64) Wide {
  char bytes[640];
};

template <class Release>
void end(heap_account* mine, void* block, size_t size, Release release) {
  if (block == nullptr) std::abort();
  std::memset(block, 1, size);
  if (leak) return;
  release();
  gave(mine, size);
  mine->temporary++;
}

}  // namespace

#define FORM(name, size, allocate, release)       \
  extern "C" NAMED void name(void) {              \
    heap_account* mine = account(#name, size);    \
    auto* block = allocate;                       \
    asm volatile("" : "+r"(block));               \
    end(mine, block, size, [block] { release; }); \
  }

FORM(by_new, 501, static_cast<char*>(::operator new(501)), ::operator delete(block))
FORM(by_array_new, 502, new char[502], delete[] block)
FORM(by_nothrow_new, 503, static_cast<char*>(::operator new(503, std::nothrow)),
     ::operator delete(block, std::nothrow))
FORM(by_nothrow_array_new, 504, new (std::nothrow) char[504], ::operator delete[](block, std::nothrow))
FORM(by_aligned_new, sizeof(Wide), new Wide, delete block)
FORM(by_aligned_array_new, 2 * sizeof(Wide), new Wide[2], delete[] block)
FORM(by_nothrow_aligned_new, sizeof(Wide), new (std::nothrow) Wide,
     ::operator delete (block, std::align_val_t{64}, std::nothrow))
FORM(by_sized_delete, 508, static_cast<char*>(::operator new(508)), ::operator delete(block, 508))

int main(int argc, char** argv) {
  leak = argc > 1 && std::strcmp(argv[1], "leak") == 0;
  by_new();
  by_array_new();
  by_nothrow_new();
  by_nothrow_array_new();
  by_aligned_new();
  by_aligned_array_new();
  by_nothrow_aligned_new();
  by_sized_delete();
  print_accounts(accounts, used);
  return 0;
}
