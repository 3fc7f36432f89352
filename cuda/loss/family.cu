// The loss family's device code, one module: an entry for each loss or miner, and dtype where rows are read.
#include "cuda/loss/fold.cuh"
#include "cuda/loss/list.cuh"
#include "cuda/loss/total.cuh"
#include "cuda/loss/weigh.cuh"

using namespace warpweft::loss;

// Three blocks on a multiprocessor where that spills no register: splitting float32 takes more of them.
#define WARPWEFT_TILES(name, type) \
  extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, warpweft::device::type::exact_in_tf32 ? 3 : 2) name##_##type
#define WARPWEFT_ROWS(name) extern "C" __global__ void __launch_bounds__(warpweft::device::row_threads) name

#define WARPWEFT_LOSS_TYPE(loss, type) \
  WARPWEFT_TILES(loss_fold_##loss, type)(const fold_launch p) { gpu::fold<warpweft::device::type, gpu::loss>(p); } \
  WARPWEFT_TILES(loss_weigh_##loss, type)(const weigh_launch p) { gpu::weigh<warpweft::device::type, gpu::loss>(p); }
#define WARPWEFT_LOSS(loss) \
  WARPWEFT_LOSS_TYPE(loss, float32) \
  WARPWEFT_LOSS_TYPE(loss, float16) \
  WARPWEFT_LOSS_TYPE(loss, bfloat16) \
  WARPWEFT_ROWS(loss_fold_join_##loss)(const fold_launch p) { gpu::fold_join<gpu::loss>(p); }
WARPWEFT_LOSS_LIST(WARPWEFT_LOSS)

#define WARPWEFT_MINER_TYPE(miner, type) \
  WARPWEFT_TILES(loss_extremes_##miner, type)(const fold_launch p) { gpu::extremes<warpweft::device::type, gpu::mine_##miner>(p); } \
  WARPWEFT_TILES(loss_list_##miner, type)(const list_launch p) { gpu::list<warpweft::device::type, gpu::mine_##miner>(p); }
#define WARPWEFT_MINER(miner) \
  WARPWEFT_MINER_TYPE(miner, float32) \
  WARPWEFT_MINER_TYPE(miner, float16) \
  WARPWEFT_MINER_TYPE(miner, bfloat16) \
  WARPWEFT_ROWS(loss_extremes_join_##miner)(const fold_launch p) { gpu::extremes_join<gpu::mine_##miner>(p); }
WARPWEFT_MINER_LIST(WARPWEFT_MINER)

WARPWEFT_ROWS(loss_total)(const total_launch p) { gpu::total(p); }
WARPWEFT_ROWS(loss_scale)(const scale_launch p) { gpu::scale(p); }
WARPWEFT_ROWS(loss_temperature)(const temperature_launch p) { gpu::temperature(p); }
