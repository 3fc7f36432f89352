// Rank counting: how many references stand before each positive of a query, by (score, index). A first sweep lists the positives' scores,
// a warp a query sorts them, and a second sweep counts each reference at the first positive that it stands before. Both sweeps make the
// same score of a pair to the last bit, so a positive meets its own entry.
#pragma once
#include "cuda/distance/list.cuh"
#include "cuda/distance/sweep.cuh"
#include "distance/ops/entry.h"

namespace warpweft::evaluate::gpu {

using namespace distance;
using namespace distance::gpu;

// A NaN stands behind all numbers.
__device__ __forceinline__ entry found_entry(float value, bool larger, int64_t column) {
  const float key = larger ? -value : value;
  return entry_of(key == key ? key : __int_as_float(0x7fffffff), column);
}
__device__ __forceinline__ bool is_number(entry e) { return key_of(e) == key_of(e); }

// The thread's row, counted from the first one of the launch.
__device__ __forceinline__ int64_t own_place() { return static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x; }
__device__ __forceinline__ int64_t rows_in(const count_launch& p) { return p.rows.last - p.rows.first; }

__device__ __forceinline__ void gather(const count_launch& p, int64_t row, int64_t column0, int columns, const device::score_tile& tile,
                                       int own) {
  const rank_fold_params& to = p.rank;
  const bool counts = own_place() < rows_in(p);
  const int32_t label = to.x_labels[row];
  entry* const list = to.entries + to.lists[row - p.rows.first];
#pragma unroll 1
  for (int c = 0; c < columns; ++c) {
    const int64_t column = column0 + c;
    const bool itself = to.own && column == row;
    if (counts && to.y_labels[column] == label && !itself)
      list[to.places[column] - (to.own && column > row ? 1 : 0)] = found_entry(tile.at(own, c), p.larger != 0, column);
    __syncwarp();  // rows go on together
  }
}

// A warp a query.
__device__ __forceinline__ void sort_positives(const count_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x >> 5) + warp_id();
  if (row >= rows_in(p)) return;
  entry* const list = p.rank.entries + p.rank.lists[row];
  const int size = static_cast<int>(p.rank.lists[row + 1] - p.rank.lists[row]);
  sort_by(size, [&](int at, int other) {
    const entry first = list[at], second = list[other];
    if (second >= first) return;
    list[at] = second;
    list[other] = first;
  });
  int found = 0;
  for (int at = lane_id(); at < size; at += 32) found += is_number(list[at]) ? 1 : 0;
  found = device::join_lanes<device::plus>(found);
  if (lane_id() == 0) p.rank.found[row] = found;
}

// A query as far as one split was met. A positive is out once R references of the split stand before it: its rank is beyond R then,
// whatever the other splits hold.
struct rank_state {
  int32_t before;  // references before the first positive
  int32_t limit;   // the last positive that may still be among the top R; −1: none
  int32_t within;  // references counted at positives up to it
};

__device__ __forceinline__ rank_state begin_ranks(const count_launch& p) {
  return {0, own_place() < rows_in(p) ? p.rank.found[own_place()] - 1 : -1, 0};
}

// Of a sorted list the first entry that stands behind `e`, where the last one does.
__device__ __forceinline__ int32_t first_behind(const entry* list, int32_t last, entry e) {
  int32_t low = 0;
#pragma unroll 1
  while (low < last) {
    const int32_t middle = (low + last) >> 1;
    if (e < list[middle])
      last = middle;
    else
      low = middle + 1;
  }
  return low;
}

// Where nothing is to be counted the first positive and the limit are 0, before which nothing stands.
__device__ __forceinline__ void count_ranks(const count_launch& p, rank_state& t, int64_t row, int64_t column0, int columns,
                                            const device::score_tile& tile, int own) {
  const rank_fold_params& by = p.rank;
  const int64_t place = row - p.rows.first, begin = by.lists[place];
  const int32_t relevant = static_cast<int32_t>(by.lists[place + 1] - begin);
  const entry* const list = by.entries + begin;
  int32_t* const beaten = by.beaten + blockIdx.y * by.lists[rows_in(p)] + begin;
  const bool counts = own_place() < rows_in(p) && by.found[place] > 0;
  const entry first = counts ? list[0] : 0;
  entry limit = t.limit >= 0 ? list[t.limit] : 0;
#pragma unroll 1
  for (int c = 0; c < columns; ++c) {
    const entry e = found_entry(tile.at(own, c), p.larger != 0, column0 + c);
    const bool itself = by.own && column0 + c == row;
    if (e < first && !itself) ++t.before;
    if (e < limit && !itself) {
      ++beaten[first_behind(list, t.limit, e)];
      ++t.within;
#pragma unroll 1
      for (; t.limit >= 0 && t.within >= relevant; --t.limit) t.within -= beaten[t.limit];
      limit = t.limit >= 0 ? list[t.limit] : 0;
    }
    __syncwarp();
  }
}

__device__ __forceinline__ void end_ranks(const count_launch& p, const rank_state& t) {
  if (own_place() < rows_in(p)) p.rank.before[blockIdx.y * rows_in(p) + own_place()] = t.before;
}

// A thread a query. rank_j = 1 + references that stand before positive j.  R-precision = #{rank_j ≤ R}/R.  MAP@R = Σ_{rank_j ≤ R}
// (j/rank_j)/R. Ranks up to R are exact; of a positive that is out, what was counted is enough to be beyond R.
__device__ __forceinline__ void finish_ranks(const count_launch& p) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= rows_in(p)) return;
  const rank_fold_params& by = p.rank;
  const int64_t begin = by.lists[row], all = by.lists[rows_in(p)], relevant = by.lists[row + 1] - begin;
  const int32_t found = by.found[row];
  int64_t rank = 1;
  int32_t within = 0;
  double precision = 0;
#pragma unroll 1
  for (int32_t j = 0; j < found; ++j) {
    for (int64_t s = 0; s < p.splits; ++s) rank += by.beaten[s * all + begin + j];
    if (rank > relevant) break;
    ++within;
    precision += static_cast<double>(within) / static_cast<double>(rank);
  }
  int32_t first_rank = found > 0 ? 1 : 0;
  for (int64_t s = 0; s < p.splits; ++s) first_rank += by.before[s * rows_in(p) + row];
  const double r = static_cast<double>(relevant);
  by.results[row] = {relevant > 0 ? static_cast<double>(within) / r : 0.0, relevant > 0 ? precision / r : 0.0,
                     static_cast<int32_t>(relevant), first_rank};
}

}  // namespace warpweft::evaluate::gpu
