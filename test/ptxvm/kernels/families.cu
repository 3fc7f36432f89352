// Two of the package's own kernels, alone: what the mutations are made of.
#include "cuda/distance/pairwise.cuh"
#include "cuda/loss/fold.cuh"

using namespace warpweft::loss;

extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, 2) fold_info_nce(const fold_launch p) {
  gpu::fold<warpweft::device::bfloat16, gpu::info_nce>(p);
}
extern "C" __global__ void __launch_bounds__(warpweft::device::row_threads) fold_join_info_nce(const fold_launch p) {
  gpu::fold_join<gpu::info_nce>(p);
}
