// Parts of a row's keys that were summed up apart: a block joins the states of a row in order, and what was added up beside them is scaled
// alike.
#pragma once
#include "attention/launch.h"
#include "attention/ops/softmax.h"

namespace warpweft::attention::gpu {

// Of a finished result only its lse is known: its top is that, its sum 1.
__device__ __forceinline__ softmax<float> part_of(const join_launch& p, int64_t at) {
  if (p.states) return {p.states[2 * at], p.states[2 * at + 1]};
  const float lse = p.lses[at];
  return {lse, lse == -__builtin_inff() ? 0.0f : 1.0f};
}

// A thread has every so manieth column. A part that has seen nothing is passed over, whatever its row holds.
__device__ __forceinline__ void join(const join_launch& p) {
  const join_range range = p.ranges ? p.ranges[blockIdx.y] : join_range{0, p.parts, 0};
  const int64_t row = blockIdx.x;
  float lse = 0.0f;
  for (int64_t c = threadIdx.x; c < p.columns || c == threadIdx.x; c += blockDim.x) {
    softmax<float> state = softmax<float>::zero();
    float out = 0.0f;
    for (int64_t i = range.first_part; i < range.first_part + range.parts; ++i) {
      const softmax<float> part = part_of(p, i * p.rows + row);
      if (part.sum == 0.0f) continue;
      const softmax<float>::shares by = state.join(part);
      if (c < p.columns) out = fma(out, by.own, p.sums[(i * p.rows + row) * p.columns + c] * by.other);
    }
    if (c < p.columns) p.out[(range.row + row) * p.columns + c] = out * state.done();
    lse = state.lse();
  }
  if (threadIdx.x == 0) p.lse[range.row + row] = lse;
}

}  // namespace warpweft::attention::gpu

extern "C" __global__ void __launch_bounds__(128) attention_join(const warpweft::attention::join_launch p) {
  warpweft::attention::gpu::join(p);
}
