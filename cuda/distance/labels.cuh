// For each row the extremes of its positives and negatives, which labels tell apart; then, with a positive chosen, the closest negative
// that is farther, and how many there are and are beyond the margins.
#pragma once
#include "cuda/distance/sweep.cuh"

namespace warpweft::distance::gpu {

constexpr int32_t nobody = -1;

// The least key so far and who has it. Columns are met in ascending order, so of equal keys the first one stays.
struct pick {
  float key;
  int32_t id;
  __device__ __forceinline__ void offer(float other, int32_t other_id) {
    if (!(other < key || (id == nobody && other == other))) return;
    key = other;
    id = other_id;
  }
  __device__ __forceinline__ void join(const pick& later) {
    if (later.id != nobody) offer(later.key, later.id);
  }
};
__device__ __forceinline__ pick no_pick() { return {__builtin_inff(), nobody}; }

struct label_fold {
  const label_fold_params& p;
  bool larger;
  int64_t columns_in_all;
  __device__ __forceinline__ float key_of(float value) const { return larger ? -value : value; }
  __device__ __forceinline__ bool is_pair(int64_t row, int64_t column) const { return !p.own || row != column; }
  __device__ __forceinline__ void write(label_choice_id choice, int64_t row, float key, int32_t id) const {
    const int at = static_cast<int>(choice);
    p.values[at][row] = id == nobody ? __int_as_float(0x7fc00000) : key_of(key);
    p.indices[at][row] = id;
  }
};

// Farthest means least of the negated keys.
struct extremes_state {
  pick hardest_positive, easiest_positive, hardest_negative, easiest_negative;
};

struct extremes_fold : label_fold {
  using state = extremes_state;
  __device__ __forceinline__ state zero() const { return {no_pick(), no_pick(), no_pick(), no_pick()}; }
  template <class Values>
  __device__ __forceinline__ void step(state& t, int64_t row, int64_t column0, int columns, const Values& values) const {
    const int32_t label = p.x_labels[row];
#pragma unroll 1
    for (int c = 0; c < columns; ++c) {
      const float key = key_of(values(c));
      const int32_t id = static_cast<int32_t>(column0) + c;
      if (p.y_labels[column0 + c] != label) {
        t.hardest_negative.offer(key, id);
        t.easiest_negative.offer(-key, id);
      } else if (is_pair(row, column0 + c)) {
        t.hardest_positive.offer(-key, id);
        t.easiest_positive.offer(key, id);
      }
    }
  }
  __device__ __forceinline__ void join(state& t, const state& later) const {
    t.hardest_positive.join(later.hardest_positive);
    t.easiest_positive.join(later.easiest_positive);
    t.hardest_negative.join(later.hardest_negative);
    t.easiest_negative.join(later.easiest_negative);
  }
  __device__ __forceinline__ void done(int64_t row, const state& t) const {
    write(label_choice_id::hardest_positive, row, -t.hardest_positive.key, t.hardest_positive.id);
    write(label_choice_id::easiest_positive, row, t.easiest_positive.key, t.easiest_positive.id);
    write(label_choice_id::hardest_negative, row, t.hardest_negative.key, t.hardest_negative.id);
    write(label_choice_id::easiest_negative, row, -t.easiest_negative.key, t.easiest_negative.id);
    const float chosen = p.beyond_easiest ? t.easiest_positive.key : -t.hardest_positive.key;
    p.limit[row] = t.hardest_positive.id == nobody ? __builtin_inff() : chosen;
  }
};

// What is counted comes along with the second sweep: the first one has states enough.
struct semi_hard_state {
  pick closest;
  int32_t positives, beyond, within;
};

struct semi_hard_fold : label_fold {
  using state = semi_hard_state;
  __device__ __forceinline__ state zero() const { return {no_pick(), 0, 0, 0}; }
  template <class Values>
  __device__ __forceinline__ void step(state& t, int64_t row, int64_t column0, int columns, const Values& values) const {
    const int32_t label = p.x_labels[row];
    const float limit = p.limit[row];
#pragma unroll 1
    for (int c = 0; c < columns; ++c) {
      const float key = key_of(values(c));
      if (p.y_labels[column0 + c] != label) {
        if (key > limit) t.closest.offer(key, static_cast<int32_t>(column0) + c);
        t.within += key < p.within;
      } else if (is_pair(row, column0 + c)) {
        ++t.positives;
        t.beyond += key > p.beyond;
      }
    }
  }
  __device__ __forceinline__ void join(state& t, const state& later) const {
    t.closest.join(later.closest);
    t.positives += later.positives;
    t.beyond += later.beyond;
    t.within += later.within;
  }
  __device__ __forceinline__ void done(int64_t row, const state& t) const {
    write(label_choice_id::semi_hard_negative, row, t.closest.key, t.closest.id);
    p.positives[row] = t.positives;
    p.negatives[row] = static_cast<int32_t>(columns_in_all) - t.positives - (p.own ? 1 : 0);
    if (p.beyond_count) p.beyond_count[row] = t.beyond;
    if (p.within_count) p.within_count[row] = t.within;
  }
};

template <class Fold>
__device__ __forceinline__ Fold by_label(const fold_launch& p) {
  return {{p.labels, p.larger != 0, p.pair.y.rows}};
}

}  // namespace warpweft::distance::gpu

extern "C" __global__ void distance_extremes_rows(const warpweft::distance::fold_launch p) {
  using namespace warpweft::distance::gpu;
  row_join(p, by_label<extremes_fold>(p));
}
extern "C" __global__ void distance_semi_hard_rows(const warpweft::distance::fold_launch p) {
  using namespace warpweft::distance::gpu;
  row_join(p, by_label<semi_hard_fold>(p));
}
