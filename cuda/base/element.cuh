// The storage types of rows, and how tensor cores multiply them.
//
// 32 bytes of a row are one step of the product for all: 16 elements of 16 bits (m16n8k16), 8 of 32 (m16n8k8) or 32 of 8 (m16n8k32),
// whose fragments ldmatrix delivers alike. So the loops over memory know bytes only.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "cuda/base/ptx.h"

namespace warpweft::device {

// A float32 is the sum of two tf32 numbers to within 2⁻²² of itself; a·b ≈ a.high·b.high + a.high·b.low + a.low·b.high.
struct split {
  uint32_t high, low;
  __device__ __forceinline__ explicit split(float x) : high(to_tf32(x)), low(to_tf32(x - __uint_as_float(high))) {}
};

struct float32 {
  using element = float;
  using sum = float;
  static constexpr bool exact_in_tf32 = false;
  static constexpr bool holds_terms = false;  // a row of x may be the sum of several rows of elements
  static constexpr int sweep_blocks = 2;      // of row sweeps that share a multiprocessor: as many as registers allow without spilling
  static __device__ __forceinline__ float widen(float x) { return x; }

  struct fragment_a {
    uint32_t high[4], low[4];
    __device__ __forceinline__ explicit fragment_a(const uint32_t (&raw)[4]) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const split s(__uint_as_float(raw[i]));
        high[i] = s.high;
        low[i] = s.low;
      }
    }
  };
  struct fragment_b {
    split first, second;
    __device__ __forceinline__ fragment_b(uint32_t b0, uint32_t b1) : first(__uint_as_float(b0)), second(__uint_as_float(b1)) {}
  };
  // The small terms first.
  static __device__ __forceinline__ void multiply(float (&c)[4], const fragment_a& a, const fragment_b& b) {
    multiply_tf32(c, a.low, b.first.high, b.second.high);
    multiply_tf32(c, a.high, b.first.low, b.second.low);
    multiply_tf32(c, a.high, b.first.high, b.second.high);
  }
};

// Fragments as ldmatrix gives them.
struct raw_fragments {
  struct fragment_a {
    uint32_t raw[4];
    __device__ __forceinline__ explicit fragment_a(const uint32_t (&from)[4]) {
#pragma unroll
      for (int i = 0; i < 4; ++i) raw[i] = from[i];
    }
  };
  struct fragment_b {
    uint32_t first, second;
    __device__ __forceinline__ fragment_b(uint32_t b0, uint32_t b1) : first(b0), second(b1) {}
  };
};

// What the two 16-bit types share.
struct half_fragments : raw_fragments {
  using sum = float;
  static constexpr bool holds_terms = false;
  static constexpr bool exact_in_tf32 = true;
  static constexpr int sweep_blocks = 3;
};

struct float16 : half_fragments {
  using element = __half;
  static __device__ __forceinline__ float widen(__half x) { return __half2float(x); }
  static __device__ __forceinline__ void multiply(float (&c)[4], const fragment_a& a, const fragment_b& b) {
    multiply_float16(c, a.raw, b.first, b.second);
  }
};

struct bfloat16 : half_fragments {
  using element = __nv_bfloat16;
  static __device__ __forceinline__ float widen(__nv_bfloat16 x) {
    return __uint_as_float(static_cast<uint32_t>(__bfloat16_as_ushort(x)) << 16);
  }
  static __device__ __forceinline__ void multiply(float (&c)[4], const fragment_a& a, const fragment_b& b) {
    multiply_bfloat16(c, a.raw, b.first, b.second);
  }
};

// Rows of x that may be sums of several rows of bfloat16.
struct bfloat16_terms : bfloat16 {
  static constexpr bool holds_terms = true;
};

// Codes.
struct int8 : raw_fragments {
  using element = int8_t;
  using sum = int32_t;
  static constexpr bool holds_terms = true;
  static constexpr int sweep_blocks = 2;
  static __device__ __forceinline__ float widen(int8_t x) { return static_cast<float>(x); }
  static __device__ __forceinline__ void multiply(int32_t (&c)[4], const fragment_a& a, const fragment_b& b) {
    multiply_int8(c, a.raw, b.first, b.second);
  }
};

}  // namespace warpweft::device
