// Warp-wide instructions as CUDA C++ makes them.

// The five largest of each row of 256 and where they are, by repeated shuffles; ties go to the lower index.
extern "C" __global__ void top5(const float* x,  // [rows, 256]
                                float* value, int* index) {
  const int lane = threadIdx.x % 32, row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  float mine[8];
  for (int i = 0; i < 8; ++i) mine[i] = x[row * 256 + i * 32 + lane];
  for (int n = 0; n < 5; ++n) {
    float best = -INFINITY;
    int where = 1 << 30;
    for (int i = 0; i < 8; ++i)
      if (mine[i] > best) best = mine[i], where = i * 32 + lane;
    for (int by = 16; by; by /= 2) {
      const float other = __shfl_xor_sync(~0u, best, by);
      const int its = __shfl_xor_sync(~0u, where, by);
      if (other > best || (other == best && its < where)) best = other, where = its;
    }
    if (where % 32 == lane)
      for (int i = 0; i < 8; ++i)
        if (i == where / 32) mine[i] = -INFINITY;
    if (lane == 0) value[row * 5 + n] = best, index[row * 5 + n] = where;
  }
}

// out[thread][…]: one number per kind of vote, match, redux and shuffle.
extern "C" __global__ void votes(const unsigned* x, unsigned* out) {
  const unsigned v = x[threadIdx.x], lane = threadIdx.x % 32;
  unsigned* to = out + threadIdx.x * 16;
  to[0] = __ballot_sync(~0u, v & 1);
  to[1] = __any_sync(~0u, v == 77);
  to[2] = __all_sync(~0u, v < 1000);
  to[3] = __match_any_sync(~0u, v % 5);
  int same;
  to[4] = __match_all_sync(~0u, v / 1000, &same);
  to[5] = same;
  to[6] = __reduce_add_sync(~0u, v);
  to[7] = __reduce_max_sync(~0u, (int)v - 50);
  to[8] = __shfl_up_sync(~0u, v, 3, 8);
  to[9] = __shfl_down_sync(~0u, v, 5, 16);
  to[10] = __shfl_sync(~0u, v, 9, 8);
  to[11] = __popc(__ballot_sync(~0u, v & 1) & ((1u << lane) - 1));
  unsigned half = 0;
  if (lane < 16) {
    half = __reduce_or_sync(0xffff, v);
    __syncwarp(0xffff);
  } else {
    half = __reduce_xor_sync(0xffff0000, v);
  }
  to[12] = half;
  // Both sides meet in one shuffle although they execute it at different places.
  unsigned swapped;
  if (lane < 16)
    swapped = __shfl_xor_sync(~0u, v, 16) + 1;
  else
    swapped = __shfl_xor_sync(~0u, v, 16) + 2;
  to[13] = swapped;
  to[14] = __byte_perm(v, lane, 0x4010);
  to[15] = __funnelshift_r(v, lane, 7) + __clz(v) + __brev(lane);
}
