// Values that a caller is given.
#pragma once
#include "cuda/distance/pairs.cuh"

namespace warpweft::distance::gpu {

// Values that the expansion leaves a few 1e-5 off are read again; those beyond half the norms are right as they are.
template <class T>
__device__ __forceinline__ float refined(const device_pair& p, int64_t i, int64_t j, float value) {
  bool near = false;
  with_metric<T>(p.metric, p.scalars, [&](auto op) {
    using Op = decltype(op);
    if constexpr (Op::safety != exact::none) {
      const row_side<float> a = side_of<Op>(p.x, i), b = side_of<Op>(p.y, j);
      near = op.within(returned_share, op.gap_of(value, a, b), a, b);
    }
  });
  return near && !(p.self && i == j) ? evaluate_again<T>(p, i, j) : value;
}

}  // namespace warpweft::distance::gpu
