// Scratch memory of the whole process. Large blocks outlive the call that asked for them, as the first touch of a page may cost more
// than the work on it: up to 10 µs for 4 KiB in a virtual machine, in which a core does a million multiply-adds.
#pragma once
#include <cstddef>

namespace warpweft::cpu {

struct memory_block {
  void* at;
  size_t bytes;
};

// At least so many bytes from a cache line's start, with undefined contents; {null, 0} where they cannot be had. From any thread.
memory_block take_memory(size_t bytes);
// Up to 64 MiB of large blocks stay for the next calls, the newest ones.
void give_memory(memory_block block);

// Asks the system to back a range by large pages where it can. Of use before the range is touched; contents stay.
void prefer_large_pages(void* at, size_t bytes);

}  // namespace warpweft::cpu
