// c = a · bᵀ, register-tiled: 128 × 128 outputs a block, 8 × 8 a thread, 8 of k at a time, two stages of shared memory.
// All sizes are multiples of the tile's.
constexpr int tile = 128, step = 8, threads = 256;

extern "C" __global__ void __launch_bounds__(threads) sgemm(const float* __restrict__ a,  // [m, k]
                                                            const float* __restrict__ b,  // [n, k]
                                                            float* __restrict__ c,        // [m, n]
                                                            int n, int k) {
  __shared__ __align__(16) float as[2][step][tile];
  __shared__ __align__(16) float bs[2][step][tile];
  const int t = threadIdx.x, row = t / 16 * 8, column = t % 16 * 8;
  const int load_row = t / 2, load_k = t % 2 * 4;
  const float* from_a = a + (size_t)(blockIdx.y * tile + load_row) * k + load_k;
  const float* from_b = b + (size_t)(blockIdx.x * tile + load_row) * k + load_k;
  float sum[8][8] = {};
  float4 next_a = *(const float4*)from_a, next_b = *(const float4*)from_b;
  for (int at = 0, stage = 0; at < k; at += step, stage ^= 1) {
    as[stage][load_k][load_row] = next_a.x, as[stage][load_k + 1][load_row] = next_a.y;
    as[stage][load_k + 2][load_row] = next_a.z, as[stage][load_k + 3][load_row] = next_a.w;
    bs[stage][load_k][load_row] = next_b.x, bs[stage][load_k + 1][load_row] = next_b.y;
    bs[stage][load_k + 2][load_row] = next_b.z, bs[stage][load_k + 3][load_row] = next_b.w;
    __syncthreads();
    if (at + step < k) {
      next_a = *(const float4*)(from_a + at + step);
      next_b = *(const float4*)(from_b + at + step);
    }
#pragma unroll
    for (int i = 0; i < step; ++i) {
      float x[8], y[8];
      *(float4*)x = *(float4*)&as[stage][i][row], *(float4*)(x + 4) = *(float4*)&as[stage][i][row + 4];
      *(float4*)y = *(float4*)&bs[stage][i][column], *(float4*)(y + 4) = *(float4*)&bs[stage][i][column + 4];
#pragma unroll
      for (int u = 0; u < 8; ++u)
#pragma unroll
        for (int v = 0; v < 8; ++v) sum[u][v] = fmaf(x[u], y[v], sum[u][v]);
    }
  }
  for (int u = 0; u < 8; ++u) {
    float4* to = (float4*)(c + (size_t)(blockIdx.y * tile + row + u) * n + blockIdx.x * tile + column);
    to[0] = *(float4*)&sum[u][0];
    to[1] = *(float4*)&sum[u][4];
  }
}
