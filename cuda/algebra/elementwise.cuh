// out = op(a, b) over all elements of any layout, operands repeated by steps of 0, every dtype read and the floats written.
#pragma once
#include "cuda/algebra/walk.cuh"
#include "cuda/base/stored.cuh"

namespace warpweft::algebra {

__device__ __forceinline__ float load(const operand& x, int64_t at) { return x.data ? device::read_element(x.data, x.type, at) : x.value; }

// exp and log are float64 inside and rounded once, as on the CPU.
__device__ __forceinline__ float computed(operation op, float a, float b) {
  switch (op) {
    case operation::negate: return -a;
    case operation::exp: return static_cast<float>(::exp(static_cast<double>(a)));
    case operation::log: return static_cast<float>(::log(static_cast<double>(a)));
    case operation::add: return a + b;
    case operation::sub: return a - b;
    case operation::mul: return a * b;
    case operation::div: return a / b;
    case operation::where: return b <= 0.0f ? 0.0f : a;
    default: return a;
  }
}

__device__ __forceinline__ void move(const operand& from, int64_t at, const operand& to, int64_t place) {
  switch (from.type) {
    case dtype::float16:
    case dtype::bfloat16: static_cast<uint16_t*>(to.data)[place] = static_cast<const uint16_t*>(from.data)[at]; break;
    case dtype::int8:
    case dtype::uint8: static_cast<uint8_t*>(to.data)[place] = static_cast<const uint8_t*>(from.data)[at]; break;
    default: static_cast<uint32_t*>(to.data)[place] = static_cast<const uint32_t*>(from.data)[at];
  }
}

template <class Index>
__device__ __forceinline__ void elementwise(const elementwise_params& p) {
  const bool two = p.op >= operation::add;
  const bool bits = p.op == operation::copy && p.a.data && p.a.type == p.out.type;
  const Index size = static_cast<Index>(p.size);
  for (Index i = first_element<Index>(); i < size; i += grid_threads<Index>()) {
    const Index a = place_of(i, p.over, p.a.step), out = place_of(i, p.over, p.out.step);
    if (bits) {
      move(p.a, a, p.out, out);
      continue;
    }
    const float right = two ? load(p.b, place_of(i, p.over, p.b.step)) : 0.0f;
    device::write_element(p.out.data, p.out.type, out, computed(p.op, load(p.a, a), right));
  }
}

}  // namespace warpweft::algebra

// Where 32 bits are enough: division by lengths takes a fraction of the time.
extern "C" __global__ void __launch_bounds__(256) algebra_elementwise(const warpweft::algebra::elementwise_params p) {
  warpweft::algebra::elementwise<uint32_t>(p);
}

extern "C" __global__ void __launch_bounds__(256) algebra_elementwise_large(const warpweft::algebra::elementwise_params p) {
  warpweft::algebra::elementwise<uint64_t>(p);
}
