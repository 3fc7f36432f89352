// Two of the package's own kernels, alone: what the mutations are made of.
#include "cuda/loss/fold.cuh"  // first: it says which metrics the tiles of both know

#include "cuda/distance/pairwise.cuh"

using namespace warpweft::loss;

extern "C" __global__ void __launch_bounds__(warpweft::device::block_threads, 2) fold_losses(const fold_launch p) {
  gpu::fold<warpweft::device::bfloat16>(p);
}
extern "C" __global__ void __launch_bounds__(warpweft::device::row_threads) fold_join_losses(const fold_launch p) { gpu::fold_join(p); }
