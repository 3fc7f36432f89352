// o = softmax(q · kᵀ / √d) v with a running maximum and sum: bf16 products by mma.sync, tiles by cp.async in two stages, fragments by
// ldmatrix from swizzled shared memory. One block of four warps takes 64 queries of one head; d = 64; `keys` need not be a multiple of 64.
#include <cuda_bf16.h>

constexpr int d = 64, rows = 64, threads = 128;
constexpr float log2_e = 1.4426950408889634f;

// Byte offset of 16-byte piece `c` of row `r`: eight pieces a row, exchanged so that eight rows at one c lie in different banks.
__device__ int piece(int r, int c) { return r * d * 2 + (c ^ (r & 7)) * 16; }

__device__ void copy(unsigned to, const void* from, bool exists) {
  const int bytes = exists ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes));
}

__device__ void load(unsigned (&r)[4], unsigned at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at));
}

__device__ void load_transposed(unsigned (&r)[4], unsigned at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(at));
}

__device__ void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ unsigned pack(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return *(const unsigned*)&both;
}

__device__ float over_row(float x, bool add) {
  for (int by = 1; by < 4; by *= 2) {
    const float other = __shfl_xor_sync(0xffffffff, x, by);
    x = add ? x + other : fmaxf(x, other);
  }
  return x;
}

// Rows [from, from + 64) of x, [count, d], to shared memory; rows that do not exist are zeros.
__device__ void copy_tile(unsigned to, const __nv_bfloat16* x, int from, int count) {
  for (int i = threadIdx.x; i < rows * 8; i += threads) {
    const int r = i / 8, c = i % 8;
    const bool exists = from + r < count;
    copy(to + piece(r, c), x + (size_t)(exists ? from + r : 0) * d + c * 8, exists);
  }
}

extern "C" __global__ void __launch_bounds__(threads) attention(const __nv_bfloat16* q,  // [heads, queries, d], queries a multiple of 64
                                                                const __nv_bfloat16* k,  // [heads, keys, d]
                                                                const __nv_bfloat16* v,  // [heads, keys, d]
                                                                float* o,                // [heads, queries, d]
                                                                int queries, int keys) {
  __shared__ __align__(16) unsigned char shared[5 * rows * d * 2];
  const unsigned base = (unsigned)__cvta_generic_to_shared(shared), tile = rows * d * 2;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, head = blockIdx.y;
  q += (size_t)head * queries * d, k += (size_t)head * keys * d, v += (size_t)head * keys * d, o += (size_t)head * queries * d;
  const int tiles = (keys + rows - 1) / rows;

  copy_tile(base, q, blockIdx.x * rows, queries);
  copy_tile(base + tile, k, 0, keys);
  copy_tile(base + 3 * tile, v, 0, keys);
  asm volatile("cp.async.commit_group;");

  float out[8][4] = {}, most[2] = {-1e30f, -1e30f}, sum[2] = {};
  unsigned query[4][4];
  for (int at = 0; at < tiles; ++at) {
    const unsigned stage = at & 1;
    if (at + 1 < tiles) {
      copy_tile(base + (1 + (stage ^ 1)) * tile, k, (at + 1) * rows, keys);
      copy_tile(base + (3 + (stage ^ 1)) * tile, v, (at + 1) * rows, keys);
      asm volatile("cp.async.commit_group;");
      asm volatile("cp.async.wait_group 1;");
    } else {
      asm volatile("cp.async.wait_group 0;");
    }
    __syncthreads();
    if (at == 0)
      for (int i = 0; i < 4; ++i) load(query[i], base + piece(warp * 16 + lane % 16, i * 2 + lane / 16));

    float score[8][4] = {};
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        unsigned key[4];
        load(key, base + (1 + stage) * tile + piece(j * 16 + lane / 16 * 8 + lane % 8, i * 2 + lane / 8 % 2));
        multiply(score[2 * j], query[i], key[0], key[1]);
        multiply(score[2 * j + 1], query[i], key[2], key[3]);
      }
    float highest[2] = {most[0], most[1]};
    for (int j = 0; j < 8; ++j)
      for (int e = 0; e < 4; ++e) {
        const int key = at * rows + j * 8 + lane % 4 * 2 + e % 2;
        score[j][e] = key < keys ? score[j][e] * (0.125f * log2_e) : -1e30f;
        highest[e / 2] = fmaxf(highest[e / 2], score[j][e]);
      }
    for (int h = 0; h < 2; ++h) {
      highest[h] = over_row(highest[h], false);
      const float shrink = exp2f(most[h] - highest[h]);
      most[h] = highest[h];
      sum[h] *= shrink;
      for (int j = 0; j < 8; ++j) out[j][2 * h] *= shrink, out[j][2 * h + 1] *= shrink;
    }
    for (int j = 0; j < 8; ++j)
      for (int e = 0; e < 4; ++e) {
        score[j][e] = exp2f(score[j][e] - most[e / 2]);
        sum[e / 2] += score[j][e];
      }
    for (int i = 0; i < 4; ++i) {
      const unsigned weight[4] = {pack(score[2 * i][0], score[2 * i][1]), pack(score[2 * i][2], score[2 * i][3]),
                                  pack(score[2 * i + 1][0], score[2 * i + 1][1]), pack(score[2 * i + 1][2], score[2 * i + 1][3])};
      for (int j = 0; j < 4; ++j) {
        unsigned value[4];
        load_transposed(value, base + (3 + stage) * tile + piece(i * 16 + lane % 16, j * 2 + lane / 16));
        multiply(out[2 * j], weight, value[0], value[1]);
        multiply(out[2 * j + 1], weight, value[2], value[3]);
      }
    }
    __syncthreads();
  }
  for (int h = 0; h < 2; ++h) {
    const float scale = 1.0f / over_row(sum[h], true);
    float* const row = o + (size_t)(blockIdx.x * rows + warp * 16 + lane / 4 + h * 8) * d + lane % 4 * 2;
    for (int j = 0; j < 8; ++j) *(float2*)(row + j * 8) = make_float2(out[j][2 * h] * scale, out[j][2 * h + 1] * scale);
  }
}
