#include "distance/list.h"

#include <algorithm>

namespace warpweft::distance {

list_shape shape_of_list(int64_t keep, int64_t rows) {
  constexpr int64_t longest_sorted = 24, least_slack = 32, doubled = 4096;
  if (keep <= longest_sorted) return {keep, keep, true};
  // With as much room again as is kept, picking costs a candidate a few comparisons; long lists take a quarter to save memory.
  const int64_t slack = keep <= doubled ? keep : std::max(doubled, keep / 4);
  return {keep, std::min(keep + std::max(slack, least_slack), rows), false};
}

entry keep_smallest(entry* entries, int64_t size, int64_t keep) {
  if (keep == size) return *std::max_element(entries, entries + size);
  std::nth_element(entries, entries + keep - 1, entries + size);
  return entries[keep - 1];
}

void sort_entries(entry* entries, int64_t size) { std::sort(entries, entries + size); }

}  // namespace warpweft::distance
