// What the workloads of memory share: every named function keeps account of the blocks it asks for.
#pragma once

#include "workload.h"

// Of the blocks that one function asked malloc and its relatives for.
struct heap_account {
  const char* name;
  long bytes, count;            // in all
  long live_bytes, live_count;  // not freed
  long temporary;               // freed before the same thread asked for anything else
};

// Sizes of blocks are their callers' to know; accounts are of one thread at a time.
static inline void took(struct heap_account* account, size_t size) {
  account->bytes += (long)size;
  account->count++;
  account->live_bytes += (long)size;
  account->live_count++;
}

static inline void gave(struct heap_account* account, size_t size) {
  account->live_bytes -= (long)size;
  account->live_count--;
}

// One JSON line: {"heap": {"function": {"bytes": …}, …}}.
static inline void print_accounts(const struct heap_account* accounts, int count) {
  printf("{\"heap\": {");
  for (int i = 0; i < count; i++) {
    const struct heap_account* a = &accounts[i];
    printf(
        "%s\"%s\": {\"bytes\": %ld, \"count\": %ld, \"live_bytes\": %ld, \"live_count\": %ld, \"temporary\": "
        "%ld}",
        i == 0 ? "" : ", ", a->name, a->bytes, a->count, a->live_bytes, a->live_count, a->temporary);
  }
  printf("}}\n");
  fflush(stdout);
}
