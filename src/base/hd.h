// Marks what host and device compilers share.
#pragma once

#if defined(__CUDACC__)
#define WARPWEFT_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
#define WARPWEFT_HD inline __attribute__((always_inline))
#else
#define WARPWEFT_HD inline
#endif

// The namespace that functors live in: one per instruction set, so that no two differently compiled bodies share a symbol.
// src/cpu/isa/<name>.h defines it on the host; device code and plain host code take the scalar vocabulary of num.h.
#ifndef WARPWEFT_ISA
#if defined(__CUDACC__)
#define WARPWEFT_ISA gpu
#else
#define WARPWEFT_ISA host
#endif
#endif
