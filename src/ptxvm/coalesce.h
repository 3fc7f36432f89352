// How many passes the memory system needs for the addresses of a warp's instruction.
#pragma once
#include <cstdint>

#include "ptxvm/code.h"

namespace ptxvm {

// Distinct 32-byte sectors of global memory.
uint32_t sectors_of(const uint64_t* at, lanes active, uint32_t bytes);

// Shared memory: 32 banks of 4 bytes. A pass serves 32 lanes of up to 4 bytes, 16 of 8 or 8 of 16; lanes that want the same word share.
struct bank_use {
  uint32_t wavefronts;
  uint32_t least;  // were there no conflicts
};
bank_use banks_of(const uint64_t* at, lanes active, uint32_t bytes);

}  // namespace ptxvm
