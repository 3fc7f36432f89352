// Triplets of whole rows of scores: a block of threads to an anchor. A positive at a time meets all negatives, whose terms are added
// up over the block in one order; for the backward pass each negative then adds up its slopes over the positives. Nothing is listed.
#pragma once
#include "base/tile.h"
#include "cuda/base/warp.cuh"
#include "loss/ops/row_kinds.h"
#include "loss/ops/triplet_term.h"
#include "loss/params.h"

namespace warpweft::loss::gpu {

// A place with its u; the better one is smaller, or larger, and of equal ones the one in front. A NaN is best.
struct candidate {
  float u;
  int32_t column;  // −1: none
};
__device__ __forceinline__ candidate better(const candidate& a, const candidate& b, bool largest) {
  if (a.column < 0 || b.column < 0) return a.column < 0 ? b : a;
  const bool odd_a = a.u != a.u, odd_b = b.u != b.u;
  if (odd_a != odd_b) return odd_a ? a : b;
  if (!odd_a && a.u != b.u) return (largest ? a.u > b.u : a.u < b.u) ? a : b;
  return a.column < b.column ? a : b;
}
__device__ __forceinline__ candidate best_of_block(candidate mine, bool largest, candidate* room) {
#pragma unroll 1
  for (int apart = 16; apart > 0; apart >>= 1) {
    const candidate other{__shfl_xor_sync(device::all_lanes, mine.u, apart), __shfl_xor_sync(device::all_lanes, mine.column, apart)};
    mine = better(mine, other, largest);
  }
  __syncthreads();
  if (device::lane_id() == 0) room[device::warp_id()] = mine;
  __syncthreads();
  mine = room[0];
#pragma unroll 1
  for (int w = 1; w < device::rows_of_warps; ++w) mine = better(mine, room[w], largest);
  return mine;
}

// Which of an anchor's positives, or negatives, is looked for: the largest u below a bound, or the smallest above one.
struct search {
  pair_kind among;
  bool largest;
  float bound;
};

// What a triplet contributes, the rule's value being a switch: code that is not there three times.
struct any_term {
  triplet_value value;
  float margin, beta;
  __device__ __forceinline__ float terms() const { return value == triplet_value::margin ? margin_term::terms : hinge_term::terms; }
  __device__ __forceinline__ triplet_parts<float> of(float positive, float negative) const {
    if (value == triplet_value::smooth) return smooth_term{margin}.of(positive, negative);
    if (value == triplet_value::margin) return margin_term{margin, beta}.of(positive, negative);
    return hinge_term{margin}.of(positive, negative);
  }
  __device__ __forceinline__ float open(const triplet_parts<float>& t) const {
    return value == triplet_value::margin ? open_terms<margin_term>(t) : open_terms<hinge_term>(t);
  }
};

// An anchor's row as its block sees it.
struct triplet_view {
  const triplet_params& p;
  int64_t anchor;
  const float* scores;
  int64_t only;    // the one positive that counts, or −1: all of the range
  float* weights;  // of the row's scores, or of those of `only` with all candidates; or null
  float scale;
  double* sums;      // a place for each warp
  candidate* bests;  // likewise

  __device__ __forceinline__ float sign() const { return p.of.larger ? -1.0f : 1.0f; }
  __device__ __forceinline__ float u(int64_t column) const { return sign() * scores[column]; }
  __device__ __forceinline__ bool positive(int64_t column) const { return kind_of(p.of, anchor, column) == pair_kind::positive; }
  __device__ __forceinline__ bool negative(int64_t column) const { return kind_of(p.of, anchor, column) == pair_kind::negative; }
  __device__ __forceinline__ bool counts(int64_t column) const {
    return only >= 0 ? column == only : column < 0 || (column >= p.from && column < p.until);
  }
  __device__ __forceinline__ bool in_window(float gap) const { return !(gap <= p.rule.lower) && !(gap > p.rule.upper); }

  // Where positives may be: the places of the list, or all columns.
  __device__ __forceinline__ int64_t first_place() const { return p.of.set_words > 0 ? 0 : p.of.lists[anchor]; }
  __device__ __forceinline__ int64_t end_place() const { return p.of.set_words > 0 ? p.of.candidates : p.of.lists[p.of.anchors + anchor]; }
  __device__ __forceinline__ int32_t at_place(int64_t place) const {
    return p.of.set_words > 0 ? static_cast<int32_t>(place) : p.of.members[place];
  }

  // The u of a negative, as a triplet with the positive has it: seen from the positive where that is closer.
  struct far_end {
    float u;
    bool swapped;
  };
  __device__ __forceinline__ far_end seen(int64_t positive, int64_t column) const {
    const float own = u(column);
    if (!p.among) return {own, false};
    const float other = sign() * p.among[(positive - p.from) * p.of.candidates + column];
    return {other < own ? other : own, other < own};
  }
  __device__ __forceinline__ void pull(int64_t column, float by) const {
    if (weights && only < 0) weights[column] += scale * by;
  }
  __device__ __forceinline__ void push(int64_t column, bool swapped, float by) const {
    if (weights && swapped == (only >= 0)) weights[column] -= scale * by;
  }

  __device__ __forceinline__ candidate best(const search& what) const {
    candidate found{0.0f, -1};
    const bool all = what.among == pair_kind::negative || p.of.set_words > 0;  // columns; else the places of the list
    const int64_t end = all ? p.of.candidates : end_place();
#pragma unroll 1
    for (int64_t place = (all ? 0 : first_place()) + threadIdx.x; place < end; place += device::row_threads) {
      const int32_t column = all ? static_cast<int32_t>(place) : p.of.members[place];
      const float value = u(column);
      if (kind_of(p.of, anchor, column) != what.among || (what.largest ? value >= what.bound : value <= what.bound)) continue;
      found = better(found, {value, column}, what.largest);
    }
    return best_of_block(found, what.largest, bests);
  }
};

struct triplet_found {
  double sum = 0.0, count = 0.0, non_zero = 0.0;
};

// One positive with all negatives of the window, by all threads. A thread's own columns nobody else writes.
__device__ __forceinline__ float against_all(const triplet_view& v, const any_term& with, int64_t positive, float factor, bool counted,
                                             triplet_found& found) {
  const float up = v.u(positive);
  float sum = 0.0f, count = 0.0f, open = 0.0f, pull = 0.0f;
#pragma unroll 1
  for (int64_t column = threadIdx.x; column < v.p.of.candidates; column += device::row_threads) {
    if (!v.negative(column) || !v.in_window(v.u(column) - up)) continue;
    const triplet_view::far_end far = v.seen(positive, column);
    const triplet_parts<float> t = with.of(up, far.u);
    sum += t.value;
    count += with.terms();
    open += with.open(t);
    pull += t.pull;
    if (counted) v.push(column, far.swapped, factor * t.push);
  }
  double all[4] = {sum, count, open, pull};
#pragma unroll
  for (double& one : all) one = device::join_block<device::plus>(one, v.sums);
  if (!counted) return static_cast<float>(all[2]);
  found.sum += static_cast<double>(factor) * all[0];
  found.count += all[1];
  found.non_zero += all[2];
  if (threadIdx.x == 0) v.pull(positive, factor * static_cast<float>(all[3]));
  return 0.0f;
}

// Ranked terms of a positive are multiplied with ln(1 + open ones): these are counted first.
__device__ __forceinline__ triplet_found window(const triplet_view& v, const any_term& with) {
  triplet_found found;
#pragma unroll 1
  for (int64_t place = v.first_place(); place < v.end_place(); ++place) {
    const int32_t positive = v.at_place(place);
    if (!v.counts(positive) || !v.positive(positive)) continue;
    float factor = 1.0f;
#pragma unroll 1
    for (int round = v.p.rule.value == triplet_value::ranked ? 0 : 1; round < 2; ++round) {
      const float open = against_all(v, with, positive, factor, round == 1, found);
      if (round == 0) factor = log1p(open);
    }
  }
  return found;
}

// One triplet, by the first thread. p of −1: a positive that is not there.
__device__ __forceinline__ void one_triplet(const triplet_view& v, const any_term& with, int32_t p, int32_t n, triplet_found& found) {
  if (!v.counts(p) || threadIdx.x != 0) return;
  const triplet_view::far_end far = p < 0 ? triplet_view::far_end{v.u(n), false} : v.seen(p, n);
  const triplet_parts<float> t = with.of(p < 0 ? v.p.rule.missing : v.u(p), far.u);
  found.sum += static_cast<double>(t.value);
  found.count += v.p.rule.every_anchor ? 0.0 : static_cast<double>(with.terms());
  found.non_zero += static_cast<double>(with.open(t));
  if (p >= 0) v.pull(p, t.pull);
  v.push(n, far.swapped, t.push);
}

// A positive and a negative of −1, nobody, or of −2, still to be looked for.
constexpr int32_t nobody = -1, unknown = -2;
struct choice {
  candidate positive, negative;
};

// Positives are chosen first; semi-hard ones after the negative that they are to be closer than. A semi-hard negative that is not there
// may be replaced by the farthest.
__device__ __forceinline__ choice chosen(const triplet_view& v, candidate positive) {
  const triplet_rule& rule = v.p.rule;
  const float far = __int_as_float(0x7f800000);
  choice found{positive, {0.0f, unknown}};
  const bool negative_first = positive.column == unknown && rule.positives == triplet_choice::semihard;
#pragma unroll 1
  for (int step = 0; step < 3; ++step) {
    const bool of_positives = found.positive.column == unknown && (!negative_first || found.negative.column != unknown);
    search what{pair_kind::negative, rule.negatives == triplet_choice::easy, 0.0f};
    if (of_positives) {
      what = {pair_kind::positive, rule.positives != triplet_choice::easy, negative_first ? found.negative.u : far};
      if (rule.positives == triplet_choice::easy) what.bound = -far;
    } else if (found.negative.column == unknown) {
      if (rule.negatives == triplet_choice::all) return found;
      what.bound = what.largest ? far : rule.negatives == triplet_choice::hard ? -far : found.positive.u;
    } else if (found.negative.column == nobody && rule.farthest && !what.largest) {
      what = {pair_kind::negative, true, far};
    } else {
      return found;
    }
    (of_positives ? found.positive : found.negative) = v.best(what);
    if (of_positives ? found.positive.column == nobody : negative_first && found.negative.column == nobody)
      return {{0.0f, nobody}, {0.0f, nobody}};
  }
  return found;
}

// Triplets that are listed; or of each positive, where all of them count; or one.
__device__ __forceinline__ triplet_found choices(const triplet_view& v, const any_term& with) {
  const triplet_rule& rule = v.p.rule;
  triplet_found found;
  const bool listed = rule.positives == triplet_choice::listed;
  const bool lone = rule.every_anchor && v.best({pair_kind::positive, false, -__int_as_float(0x7f800000)}).column == nobody;
  const bool each = rule.positives == triplet_choice::all && !lone;
  int64_t at = 0, end = 1;
  if (listed) at = v.p.pair_lists[v.anchor], end = v.p.pair_lists[v.p.of.anchors + v.anchor];
  if (each) at = v.first_place(), end = v.end_place();
#pragma unroll 1
  for (; at < end; ++at) {
    candidate positive{0.0f, lone ? nobody : unknown};
    if (listed) positive.column = v.p.pairs[at];
    if (each) positive.column = v.at_place(at);
    if (positive.column >= 0) positive.u = v.u(positive.column);
    if (each && !v.positive(positive.column)) continue;
    choice one{positive, {0.0f, nobody}};
    if (listed)
      one.negative.column = v.p.pairs[v.p.pair_count + at];
    else
      one = chosen(v, positive);
    const bool all = one.negative.column == unknown;
    if (one.negative.column == nobody) continue;
#pragma unroll 1
    for (int32_t n = all ? 0 : one.negative.column; n < (all ? v.p.of.candidates : one.negative.column + 1); ++n)
      if (!all || v.negative(n)) one_triplet(v, with, one.positive.column, n, found);
  }
  if (rule.every_anchor) found.count = 1.0;
  return found;
}

__device__ __forceinline__ void anchor_of(const triplet_view& v) {
  const triplet_rule& rule = v.p.rule;
  const any_term with{rule.value, rule.margin, v.sign() * rule.beta};
  const triplet_found found = rule.positives == triplet_choice::window ? window(v, with) : choices(v, with);
  if (!v.p.parts || threadIdx.x != 0) return;
  float* const parts = v.p.parts + v.anchor;
  parts[0] += static_cast<float>(found.sum);
  parts[v.p.of.anchors] += static_cast<float>(found.count);
  parts[2 * v.p.of.anchors] += static_cast<float>(found.non_zero);
}

// A block's anchor; or, between positives and negatives, its positive, which all anchors of the launch are asked about in order.
__device__ __forceinline__ void triplets(const triplet_params& p) {
  __shared__ double sums[device::rows_of_warps];
  __shared__ candidate bests[device::rows_of_warps];
  const int64_t only = p.between ? p.from + blockIdx.x : -1, m = p.of.candidates;
  float* weights = p.between ? p.among_weights : p.weights;
  if (weights) {
    weights += blockIdx.x * m;
#pragma unroll 1
    for (int64_t column = threadIdx.x; column < m; column += device::row_threads) weights[column] = 0.0f;
    __syncthreads();
  }
  const int64_t first = p.between ? 0 : blockIdx.x, last = p.between ? p.of.rows : first + 1;
#pragma unroll 1
  for (int64_t r = first; r < last; ++r) {
    const int64_t anchor = p.of.first + r;
    if (p.between && kind_of(p.of, anchor, only) != pair_kind::positive) continue;
    const float scale = weights ? (p.of.larger ? -1.0f : 1.0f) * p.grad[p.none ? anchor : 0] * p.state[0] : 0.0f;
    anchor_of(triplet_view{p, anchor, p.of.scores + r * m, only, weights, scale, sums, bests});
  }
}

}  // namespace warpweft::loss::gpu
