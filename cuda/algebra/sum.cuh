// Sums over some dimensions of a tensor without atomics: of many terms in two passes, parts of them and then the parts in order.
#pragma once
#include "cuda/algebra/walk.cuh"
#include "cuda/base/warp.cuh"

namespace warpweft::algebra {

constexpr int sum_threads = 256;
constexpr int sum_warps = sum_threads / 32;

// A block's 32 outputs lie along its lanes; its warps share the terms.
__device__ __forceinline__ void sum_across(const sum_params& p, double (&room)[sum_warps][32]) {
  const int lane = device::lane_id(), warp = device::warp_id();
  const int64_t begin = static_cast<int64_t>(blockIdx.y) * p.part, end = min(begin + p.part, p.terms);
  for (int64_t first = static_cast<int64_t>(blockIdx.x) * 32; first < p.outputs; first += static_cast<int64_t>(gridDim.x) * 32) {
    const int64_t o = first + lane;
    double sum = 0;
    if (o < p.outputs) {
      const float* in = p.in + place_of(static_cast<uint64_t>(o), p.kept, p.kept_step);
      for (int64_t t = begin + warp; t < end; t += sum_warps) sum += in[place_of(static_cast<uint64_t>(t), p.summed, p.summed_step)];
    }
    room[warp][lane] = sum;
    __syncthreads();
    if (warp == 0 && o < p.outputs) {
      for (int w = 1; w < sum_warps; ++w) sum += room[w][lane];
      p.partial[blockIdx.y * p.outputs + o] = sum;
    }
    __syncthreads();
  }
}

// A block has one output; its threads share the terms.
__device__ __forceinline__ void sum_along(const sum_params& p, double* room) {
  const int64_t begin = static_cast<int64_t>(blockIdx.y) * p.part, end = min(begin + p.part, p.terms);
  for (int64_t o = blockIdx.x; o < p.outputs; o += gridDim.x) {
    const float* in = p.in + place_of(static_cast<uint64_t>(o), p.kept, p.kept_step);
    double sum = 0;
    for (int64_t t = begin + threadIdx.x; t < end; t += sum_threads) sum += in[place_of(static_cast<uint64_t>(t), p.summed, p.summed_step)];
    sum = device::join_block<device::plus>(sum, room);
    if (threadIdx.x == 0) p.partial[blockIdx.y * p.outputs + o] = sum;
  }
}

}  // namespace warpweft::algebra

extern "C" __global__ void __launch_bounds__(256) algebra_sum(const warpweft::algebra::sum_params p) {
  using namespace warpweft::algebra;
  __shared__ double room[sum_warps][32];
  if (p.across)
    sum_across(p, room);
  else
    sum_along(p, room[0]);
}

// A thread has an output: for few terms.
extern "C" __global__ void __launch_bounds__(256) algebra_sum_few(const warpweft::algebra::sum_params p) {
  using namespace warpweft::algebra;
  for (int64_t o = first_element<int64_t>(); o < p.outputs; o += grid_threads<int64_t>()) {
    const float* in = p.in + place_of(static_cast<uint64_t>(o), p.kept, p.kept_step);
    double sum = 0;
    for (int64_t t = 0; t < p.terms; ++t) sum += in[place_of(static_cast<uint64_t>(t), p.summed, p.summed_step)];
    p.out[o] = static_cast<float>(sum / p.divisor);
  }
}

extern "C" __global__ void __launch_bounds__(256) algebra_sum_join(const warpweft::algebra::sum_params p) {
  using namespace warpweft::algebra;
  for (int64_t o = first_element<int64_t>(); o < p.outputs; o += grid_threads<int64_t>()) {
    double sum = p.partial[o];
    for (int part = 1; part < p.parts; ++part) sum += p.partial[part * p.outputs + o];
    p.out[o] = static_cast<float>(sum / p.divisor);
  }
}
