// What a launch did, counted while it runs. Blocks count apart and are added up at the end.
#pragma once
#include <cstdint>

#include "ptxvm/code.h"

namespace ptxvm {

struct meter {
  uint64_t warp_instructions[static_cast<int>(work::count)] = {};    // issued, per warp
  uint64_t thread_instructions[static_cast<int>(work::count)] = {};  // per active thread
  uint64_t tensor_operations = 0;                                    // multiplications and additions of mma: 2·m·n·k
  uint64_t float_operations = 0;     // of threads outside mma: an fma is two, an f16x2 or bf16x2 instruction twice that
  uint64_t global_read_sectors = 0;  // of 32 bytes, distinct per warp instruction
  uint64_t global_written_sectors = 0;
  uint64_t global_read_bytes = 0, global_written_bytes = 0;  // asked for by threads
  uint64_t shared_wavefronts = 0;                            // passes that shared memory needs, 32 banks of 4 bytes
  uint64_t shared_conflicts = 0;                             // wavefronts beyond the least possible
  uint64_t local_bytes = 0;
  uint64_t barriers = 0;  // bar.sync arrivals of warps
  uint64_t atomics = 0;

  void add(const meter& other);  // meter.cc
};

// What the last launch of this thread counted (driver_launch.cc).
meter& last_counts();

}  // namespace ptxvm
