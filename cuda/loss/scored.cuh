// A row loss over whole rows of scores that are already there: a block of threads to an anchor, each folding columns of its own. For
// metrics whose gradients need more than the score, for classes with several centres, whose scores are pooled first, and for a miner that
// ranks whole rows.
#pragma once
#include "base/pooling.h"
#include "cuda/loss/weigh.cuh"
#include "loss/ops/row_kinds.h"

namespace warpweft::loss::gpu {

// Those that take such a metric, or centres, or such a miner.
template <class Body>
__device__ __forceinline__ void with_scored(const scored_launch& p, const Body& body) {
  switch (p.of.loss) {
    case loss_id::contrastive: return body(contrastive(p.loss.contrastive, p.of.of.larger));
    case loss_id::arc_face: return body(arc_face(p.loss.arc_face, p.of.of.larger));
    case loss_id::soft_triple: return body(soft_triple(p.loss.soft_triple, p.of.of.larger));
    case loss_id::info_nce: return body(info_nce(p.loss.info_nce, p.of.of.larger));
    default: return;
  }
}

template <class Loss>
__device__ __forceinline__ pooling pooling_of(const Loss& loss, int64_t centers) {
  if constexpr (Loss::has_centers) return {centers, loss.center_softness()};
  return {1, 0.0f};
}

// body(column, positive) for a thread's pairs.
template <class Body>
__device__ __forceinline__ void each_own_pair(const scored_params& p, int64_t anchor, const Body& body) {
  const int32_t* kept = p.kept ? p.kept + blockIdx.x * p.of.candidates : nullptr;
#pragma unroll 1
  for (int64_t column = threadIdx.x; column < p.of.candidates; column += device::row_threads) {
    const pair_kind kind = kind_of(p.of, anchor, column);
    if (kind == pair_kind::positive || (kind == pair_kind::negative && (!kept || kept[column] != 0)))
      body(column, kind == pair_kind::positive);
  }
}

// The block's states in the order of its lanes and warps, to its first thread.
template <class Loss>
__device__ __forceinline__ void join_states(state_of<Loss>& mine, state_of<Loss>* room) {
#pragma unroll 1
  for (int apart = 16; apart > 0; apart >>= 1) Loss::join(mine, of_lane(mine, (device::lane_id() + apart) & 31));
  if (device::lane_id() == 0) room[device::warp_id()] = mine;
  __syncthreads();
  if (threadIdx.x != 0) return;
#pragma unroll 1
  for (int w = 1; w < device::rows_of_warps; ++w) Loss::join(mine, room[w]);
}

__device__ __forceinline__ void write_parts(const scored_params& p, int64_t anchor, const part<float> (&parts)[2]) {
  for (int side = 0; side < 2; ++side) {
    float* const to = p.parts + 3 * side * p.of.anchors + anchor;
    to[0] = parts[side].sum;
    to[p.of.anchors] = parts[side].count;
    to[2 * p.of.anchors] = parts[side].non_zero;
  }
}

template <class Loss>
__device__ __forceinline__ void scored_anchor(const scored_params& p, const Loss& loss) {
  __shared__ __align__(8) char room[sizeof(state_of<Loss>) * device::rows_of_warps];
  __shared__ float kept[Loss::fields + 1];
  const int64_t r = blockIdx.x, anchor = p.of.first + r;
  const pooling pool = pooling_of(loss, p.centers);
  const float* scores = p.of.scores + r * p.of.candidates * pool.count;
  state_of<Loss> state;
  const auto beside = [&](int64_t column) { return p.y_beside ? p.y_beside[column] : p.x_beside ? p.x_beside[anchor] : 0.0f; };
  each_own_pair(p, anchor, [&](int64_t column, bool positive) {
    const float s = pool.value(scores + column * pool.count);
    if (positive)
      fold_positive(loss, state, s, beside(column), true);
    else
      fold_negative(loss, state, s, beside(column), true);
  });
  join_states<Loss>(state, reinterpret_cast<state_of<Loss>*>(room));
  if (threadIdx.x == 0) {
    part<float> parts[2];
    loss.done(state, parts, kept);
    if (p.parts) write_parts(p, anchor, parts);
  }
  if (p.parts) return;
  __syncthreads();
  const float upstream = p.grad[p.none ? anchor : 0];
  const float pull = upstream * p.state[0], push = upstream * p.state[Loss::two_parts ? 1 : 0];
  float* out = p.weights + r * p.of.candidates * pool.count;
#pragma unroll 1
  for (int64_t at = threadIdx.x; at < p.of.candidates * pool.count; at += device::row_threads) out[at] = 0.0f;
  __syncthreads();
  each_own_pair(p, anchor, [&](int64_t column, bool positive) {
    const float *own = scores + column * pool.count, *saved = kept;
    const float s = pool.value(own);
    const float w =
        positive ? pull * weight_of_positive(loss, saved, s, beside(column)) : push * weight_of_negative(loss, saved, s, beside(column));
    pool.share(own, w, out + column * pool.count);
  });
}

__device__ __forceinline__ void scored(const scored_launch& p) {
  with_scored(p, [&](const auto& loss) { scored_anchor(p.of, loss); });
}

}  // namespace warpweft::loss::gpu
