// Functions that are really called: recursion, a table of functions, an address of a local array handed on, a switch, printf and assert.
#include <cassert>
#include <cstdio>

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__device__ __noinline__ float twice(float x) { return x * 2; }
__device__ __noinline__ float squared(float x) { return x * x; }
__device__ __noinline__ float negated(float x) { return -x; }
__device__ float (*const table[3])(float) = {twice, squared, negated};
__constant__ int weights[4] = {1, 10, 100, 1000};

struct pair {
  int sum;
  double product;
};
__device__ __noinline__ pair both(const int* values, int count) {
  pair p = {0, 1};
  for (int i = 0; i < count; ++i) p.sum += values[i] * weights[i], p.product *= values[i];
  return p;
}

__device__ __noinline__ void increase(int* x) { *x += 1; }
// to[i] = 2 · (from + i) + 1
__device__ __noinline__ void fill(int* to, int count, int from) {
  if (count == 0) return;
  int mine[2] = {from, from};
  increase(mine + count % 2);
  to[0] = mine[0] + mine[1];
  fill(to + 1, count - 1, from + 1);
}

extern "C" __global__ void calls(const float* x, float* out) {
  const int i = threadIdx.x;
  out[i * 4] = fibonacci(i % 8);
  out[i * 4 + 1] = table[i % 3](x[i]);
  int values[4];
  fill(values, 4, i);
  const pair p = both(values, 4);
  out[i * 4 + 2] = p.sum;
  out[i * 4 + 3] = p.product;
}

extern "C" __global__ void print(int n) {
  if (threadIdx.x < n) printf("%d of %s: %5.2f %c %llx%%\n", threadIdx.x, "many", threadIdx.x * 0.5, 'a' + threadIdx.x, 1ull << 40);
}

extern "C" __global__ void check(const int* x) { assert(x[threadIdx.x] < 100); }

extern "C" __global__ void endless(int* x) { x[threadIdx.x] = fibonacci(1 << 30); }
