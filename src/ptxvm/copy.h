// cp.async: copies from global to shared memory under way, per thread, in groups.
#pragma once
#include <cstdint>
#include <vector>

#include "ptxvm/machine.h"

namespace ptxvm {

struct copies {
  struct one {
    uint32_t to;  // offset in shared memory
    uint8_t bytes;
    int8_t lane;
    uint32_t group;      // of its thread: the number of groups committed before
    std::byte data[16];  // read at issue; nobody sees it before the wait
  };
  std::vector<one> under_way;
  uint32_t committed[warp_size] = {};  // groups of each thread
};

// All copies of these threads are done now. For an mbarrier, others learn of it through that.
void finish_copies(warp& w, lanes who, bool for_mbarrier = false);

}  // namespace ptxvm
