// Lists of neighbours: their shape, and what is done to whole ones.
#pragma once
#include "distance/ops/entry.h"

namespace warpweft::distance {

// How many candidates a lane keeps, and has room for.
struct list_shape {
  int64_t keep;
  int64_t room;  // at least keep
  bool sorted;   // at all times; else the closest are picked out whenever the room is full
};

// For the `keep` closest of `rows`.
list_shape shape_of_list(int64_t keep, int64_t rows);

// Moves the `keep` smallest of `size` entries to the front, in any order, and returns the largest of them. 0 < keep ≤ size
entry keep_smallest(entry* entries, int64_t size, int64_t keep);
void sort_entries(entry* entries, int64_t size);

}  // namespace warpweft::distance
