// One step of an optimizer over one parameter's elements.
#pragma once
#include "cuda/algebra/walk.cuh"

extern "C" __global__ void __launch_bounds__(256) algebra_sgd(const warpweft::algebra::sgd_params p) {
  using namespace warpweft::algebra;
  for (int64_t i = first_element<int64_t>(); i < p.size; i += grid_threads<int64_t>()) {
    const float w = p.w[i];
    float by = fmaf(p.decay, w, p.g[i]);
    if (p.v) p.v[i] = by = fmaf(p.momentum, p.v[i], by);
    p.w[i] = fmaf(-p.rate, by, w);
  }
}

extern "C" __global__ void __launch_bounds__(256) algebra_adamw(const warpweft::algebra::adamw_params p) {
  using namespace warpweft::algebra;
  for (int64_t i = first_element<int64_t>(); i < p.size; i += grid_threads<int64_t>()) {
    const float g = p.g[i];
    const float m = fmaf(p.beta1, p.m[i], p.rest1 * g);
    const float v = fmaf(p.beta2, p.v[i], p.rest2 * g * g);
    p.m[i] = m;
    p.v[i] = v;
    p.w[i] = fmaf(p.keep, p.w[i], -(p.step * m) / fmaf(sqrtf(v), p.scale, p.eps));
  }
}
