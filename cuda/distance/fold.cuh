// All folds of rows as one kernel a type: what is made of a finished tile is a uniform branch, and the tile's code is there once.
#pragma once
#include "cuda/distance/labels.cuh"
#include "cuda/distance/radius.cuh"
#include "cuda/distance/statistics.cuh"

namespace warpweft::distance::gpu {

// The fold that a launch is for; a radius has none.
template <class Body>
__device__ __forceinline__ void with_fold(const fold_launch& p, const Body& body) {
  switch (p.kind) {
    case fold_kind::statistics: body(of_rows(p)); break;
    case fold_kind::extremes: body(by_label<extremes_fold>(p)); break;
    case fold_kind::semi_hard: body(by_label<semi_hard_fold>(p)); break;
    default: break;
  }
}

template <class T>
__device__ __forceinline__ void fold_rows(const fold_launch& p) {
  extern __shared__ __align__(128) char shared[];
  fold_state words{};
  with_fold(p, [&](const auto& fold) { put_state(words, fold.zero()); });
  sweep_tiles<T>(
      p.pair, shared, p.rows,
      [&](int64_t row, int64_t column0, int columns, const device::score_tile& tile, int own) {
        if (p.kind == fold_kind::radius) return gather_candidates(p, row, column0, columns, tile, own);
        with_fold(p, [&](const auto& fold) {
          auto state = state_in<std::decay_t<decltype(fold)>>(words);
          fold.step(state, row, column0, columns, [&](int c) { return tile.at(own, c); });
          put_state(words, state);
        });
      },
      [&](int rows, int64_t column0, int columns, const device::score_tile& tile) {
        if (p.kind == fold_kind::statistics && p.statistics.tiles) fold_columns(p, rows, column0, columns, tile);
      });
  const int64_t at = static_cast<int64_t>(blockIdx.x) * device::tile_rows + threadIdx.x, rows = p.rows.last - p.rows.first;
  if (p.partial && at < rows) p.partial[blockIdx.y * rows + at] = words;
}

}  // namespace warpweft::distance::gpu

#define WARPWEFT_FOLD(type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::sweep_blocks) \
      distance_fold_##type(const warpweft::distance::fold_launch p) { \
    warpweft::distance::gpu::fold_rows<warpweft::distance::gpu::swept<warpweft::device::type>>(p); \
  }
WARPWEFT_FOLD(float32)
WARPWEFT_FOLD(float16)
WARPWEFT_FOLD(bfloat16)
WARPWEFT_FOLD(int8)
#undef WARPWEFT_FOLD
