// Atomics of every kind, a grid's sum by its last block, a lock, and blocks that wait for each other.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void kinds(unsigned* u, int* s, float* f, double* d, unsigned long long* l, __half2* h, __nv_bfloat162* b) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(u, 3u);
  atomicSub(u + 1, 1u);
  atomicAnd(u + 2, ~(1u << i % 32));
  atomicOr(u + 3, 1u << i % 32);
  atomicXor(u + 4, i);
  atomicInc(u + 5, 99);
  atomicDec(u + 6, 99);
  atomicExch(u + 7, 7u);
  atomicCAS(u + 8, 5u, 6u);
  atomicMax(s, i);
  atomicMin(s + 1, -i);
  atomicAdd(f, 0.5f);
  atomicAdd(d, 0.25);
  atomicAdd(l, 1ull << 32);
  atomicMax(l + 1, (unsigned long long)i << 33);
  atomicCAS(l + 2, 1ull << 40, 2ull << 40);
  atomicAdd(h, __floats2half2_rn(1.0f, 2.0f));
  atomicAdd(b, __floats2bfloat162_rn(1.0f, 2.0f));
}

__device__ unsigned finished;
__device__ float partial[256];

extern "C" __global__ void last_block(const float* x, float* out, int n) {
  __shared__ float sums[8];
  __shared__ bool last;
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) sum += x[i];
  for (int by = 16; by; by /= 2) sum += __shfl_down_sync(~0u, sum, by);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    float all = 0;
    for (int i = 0; i < blockDim.x / 32; ++i) all += sums[i];
    partial[blockIdx.x] = all;
    __threadfence();
    last = atomicInc(&finished, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    float all = 0;
    for (int i = 0; i < gridDim.x; ++i) all += *(volatile float*)(partial + i);
    *out = all;
  }
}

// Every thread takes one lock in turn: lanes of a warp wait for each other.
extern "C" __global__ void locked(int* lock, int* counter) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      __threadfence();
      *(volatile int*)counter = *(volatile int*)counter + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

// All blocks wait until all have come.
extern "C" __global__ void gather(volatile unsigned* arrived, unsigned* seen) {
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd((unsigned*)arrived, 1u);
    while (*arrived < gridDim.x) __nanosleep(20);
    seen[blockIdx.x] = *arrived;
  }
}
