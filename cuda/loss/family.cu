// The loss family's device code, one module: an entry for each pass and dtype where rows are read. Losses, miners and metrics are
// switches inside, so that each adds its own few instructions to a module and no copy of the product.
#include "cuda/loss/fold.cuh"
#include "cuda/loss/list.cuh"
#include "cuda/loss/rank.cuh"
#include "cuda/loss/scored.cuh"
#include "cuda/loss/total.cuh"
#include "cuda/loss/triplets.cuh"
#include "cuda/loss/weigh.cuh"

using namespace warpweft::loss;

// Three blocks on a multiprocessor where that spills no register: splitting float32 takes more of them.
#define WARPWEFT_TILES(name, type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::exact_in_tf32 ? 3 : 2) name##_##type
#define WARPWEFT_ROWS(name) extern "C" __global__ void __launch_bounds__(warpweft::device::row_threads) name

#define WARPWEFT_LOSS_TYPE(type) \
  WARPWEFT_TILES(loss_fold, type)(const fold_launch p) { gpu::fold<warpweft::device::type>(p); } \
  WARPWEFT_TILES(loss_weigh, type)(const weigh_launch p) { gpu::weigh<warpweft::device::type>(p); } \
  WARPWEFT_TILES(loss_extremes, type)(const fold_launch p) { gpu::extremes<warpweft::device::type>(p); } \
  WARPWEFT_TILES(loss_list, type)(const list_launch p) { gpu::list<warpweft::device::type>(p); }
WARPWEFT_LOSS_TYPE(float32)
WARPWEFT_LOSS_TYPE(float16)
WARPWEFT_LOSS_TYPE(bfloat16)

WARPWEFT_ROWS(loss_fold_join)(const fold_launch p) { gpu::fold_join(p); }
WARPWEFT_ROWS(loss_extremes_join)(const fold_launch p) { gpu::extremes_join(p); }
WARPWEFT_ROWS(loss_total)(const total_launch p) { gpu::total(p); }
WARPWEFT_ROWS(loss_scale)(const scale_launch p) { gpu::scale(p); }
WARPWEFT_ROWS(loss_tensors)(const tensors_launch p) { gpu::tensors(p); }
WARPWEFT_ROWS(loss_beside)(const beside_launch p) { gpu::beside(p); }
WARPWEFT_ROWS(loss_add)(const add_launch p) { gpu::add(p); }
WARPWEFT_ROWS(loss_rank)(const rank_launch p) { gpu::rank(p); }
WARPWEFT_ROWS(loss_scored)(const scored_launch p) { gpu::scored(p); }
// Five blocks on a multiprocessor, where it spills no register.
extern "C" __global__ void __launch_bounds__(warpweft::device::row_threads, 5) loss_triplets(const triplet_params p) { gpu::triplets(p); }
