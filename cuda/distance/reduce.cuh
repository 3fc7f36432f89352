// One number a row from all its scores.
#pragma once
#include "cuda/distance/sweep.cuh"

namespace warpweft::distance::gpu {

constexpr WARPWEFT_HD bool is_sum(row_reduction_id id) { return id == row_reduction_id::sum || id == row_reduction_id::mean; }

// value: extreme, or sum since the last carry, or Σ exp(z − top). A NaN stays in each of them.
struct reduce_state {
  double sum;
  float value, top;
};

struct reduce_fold {
  using state = reduce_state;
  reduce_launch p;

  __device__ __forceinline__ state zero() const {
    const float none = p.reduction == row_reduction_id::min   ? __builtin_inff()
                       : p.reduction == row_reduction_id::max ? -__builtin_inff()
                                                              : 0.0f;
    return {0.0, none, lowest};
  }
  // `top` runs ahead of the largest z by a headroom, so that it seldom has to rise.
  __device__ __forceinline__ void step(state& t, int64_t, int64_t, float value) const {
    constexpr float headroom = 8.0f;
    switch (p.reduction) {
      case row_reduction_id::min: t.value = value < t.value || value != value ? value : t.value; break;
      case row_reduction_id::max: t.value = value > t.value || value != value ? value : t.value; break;
      case row_reduction_id::log_sum_exp: {
        const float z = value * p.scale;
        if (z > t.top) {
          t.value = t.value * warpweft::exp(t.top - (z + headroom));
          t.top = z + headroom;
        }
        t.value = t.value + warpweft::exp(z - t.top);
        break;
      }
      default: t.value = t.value + value;
    }
  }
  // Float32 sums are short: a tile's, then they go into the float64 sum.
  __device__ __forceinline__ void carry(state& t) const {
    if (!is_sum(p.reduction)) return;
    t.sum += static_cast<double>(t.value);
    t.value = 0.0f;
  }
  __device__ __forceinline__ void join(state& t, const state& other) const {
    if (p.reduction == row_reduction_id::log_sum_exp) {
      const float top = warpweft::max(t.top, other.top);
      t.value = t.value * warpweft::exp(t.top - top) + other.value * warpweft::exp(other.top - top);
      t.top = top;
    } else if (is_sum(p.reduction)) {
      t.sum += other.sum;
    } else {
      step(t, 0, 0, other.value);
    }
  }
  __device__ __forceinline__ void done(int64_t row, const state& t) const {
    float value = t.value;
    switch (p.reduction) {
      case row_reduction_id::sum: value = static_cast<float>(t.sum); break;
      case row_reduction_id::mean: value = static_cast<float>(t.sum / static_cast<double>(p.pair.y.rows)); break;
      case row_reduction_id::log_sum_exp: value = p.pair.y.rows == 0 ? -__builtin_inff() : t.top + warpweft::log(t.value); break;
      default: break;
    }
    p.out[row] = value;
  }
};

template <class T>
__device__ __forceinline__ void reduce(const reduce_launch& p) {
  row_sweep<T>(p.pair, reduce_fold{p}, static_cast<reduce_state*>(p.partial));
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_REDUCE(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::sweep_blocks) \
      distance_reduce_##type(const warpweft::distance::reduce_launch p) { \
    warpweft::distance::gpu::reduce<warpweft::device::type>(p); \
  }
WARPWEFT_REDUCE(float32)
WARPWEFT_REDUCE(float16)
WARPWEFT_REDUCE(bfloat16)
#undef WARPWEFT_REDUCE

extern "C" __global__ void distance_reduce_join(const warpweft::distance::reduce_launch p) {
  using namespace warpweft::distance::gpu;
  row_join(reduce_fold{p}, static_cast<const reduce_state*>(p.partial), p.splits, p.pair.x.rows);
}
