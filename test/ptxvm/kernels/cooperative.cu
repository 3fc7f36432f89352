// Cooperative groups: a sum per block, over tiles of 32 and 8 lanes and over coalesced threads.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

namespace cg = cooperative_groups;

extern "C" __global__ void sums(const int* x, int* out, int n) {
  __shared__ int partial[32];
  const cg::thread_block block = cg::this_thread_block();
  const auto warp = cg::tiled_partition<32>(block);
  const auto eight = cg::tiled_partition<8>(warp);
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) sum += x[i];
  const int of_eight = cg::reduce(eight, sum, cg::plus<int>());
  const int of_warp = cg::reduce(warp, sum, cg::plus<int>());
  if (warp.thread_rank() == 0) partial[warp.meta_group_rank()] = of_warp;
  block.sync();
  if (warp.meta_group_rank() == 0) {
    int all = warp.thread_rank() < warp.meta_group_size() ? partial[warp.thread_rank()] : 0;
    all = cg::reduce(warp, all, cg::plus<int>());
    if (warp.thread_rank() == 0) out[blockIdx.x * 3] = all;
  }
  int odd = 0;
  if (sum & 1) {
    const cg::coalesced_group those = cg::coalesced_threads();
    odd = cg::reduce(those, 1, cg::plus<int>()) * (those.thread_rank() == 0);
  }
  const int most = cg::reduce(warp, odd, cg::greater<int>());
  if (block.thread_rank() == 0) out[blockIdx.x * 3 + 1] = of_eight, out[blockIdx.x * 3 + 2] = most;
}
