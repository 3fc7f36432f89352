// What `warpweft/evaluate` makes of scores of the distance family, a module of its own: an entry over dtype alone, what is made of a
// finished tile being a uniform branch.
#include "cuda/evaluate/histogram.cuh"
#include "cuda/evaluate/rank.cuh"

namespace warpweft::evaluate::gpu {

template <class T>
__device__ __forceinline__ void count(const count_launch& p) {
  extern __shared__ __align__(128) char shared[];
  rank_state ranks{0, -1, 0};
  if (p.kind == count_kind::rank) ranks = begin_ranks(p);
  sweep_tiles<T>(p.pair, shared, p.rows, [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own) {
    switch (p.kind) {
      case count_kind::gather: gather(p, row, column0, columns, tile, own); break;
      case count_kind::rank: count_ranks(p, ranks, row, column0, columns, tile, own); break;
      case count_kind::histogram: count_values(p, row, column0, columns, tile, own); break;
    }
  });
  if (p.kind == count_kind::rank) end_ranks(p, ranks);
}

}  // namespace warpweft::evaluate::gpu

#define WARPWEFT_COUNT(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::sweep_blocks) \
      evaluate_count_##type(const warpweft::distance::count_launch p) { \
    warpweft::evaluate::gpu::count<warpweft::distance::gpu::swept<warpweft::device::type>>(p); \
  }
WARPWEFT_COUNT(float32)
WARPWEFT_COUNT(float16)
WARPWEFT_COUNT(bfloat16)
WARPWEFT_COUNT(int8)
#undef WARPWEFT_COUNT

extern "C" __global__ void evaluate_rank_sort(const warpweft::distance::count_launch p) { warpweft::evaluate::gpu::sort_positives(p); }
extern "C" __global__ void evaluate_rank_finish(const warpweft::distance::count_launch p) { warpweft::evaluate::gpu::finish_ranks(p); }
