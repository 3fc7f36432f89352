// Losses over whole rows of scores on a GPU: a block of threads to an anchor.
#include "loss/gpu.h"
#include "loss/gpu_problem.h"

namespace warpweft::loss::on_gpu {

void triplets(const triplet_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gpu::device& on = *how.on;
  const gpu::kernel& run = gpu::find(on, "loss", "loss_triplets");
  const auto launch = [&](const triplet_params& l, int64_t blocks) {
    gpu::launch(on, run, gpu::extent3{static_cast<uint32_t>(blocks), 1, 1}, distance::on_gpu::row_block, 0, l);
  };
  launch(p, p.of.rows);
  if (!p.among_weights) return;
  triplet_params between = p;
  between.between = true;
  launch(between, p.until - p.from);
}

void scored(const scored_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gpu::device& on = *how.on;
  scored_launch l{p, {}};
  l.loss = device_scalars(p.loss, p.scalars);
  gpu::launch(on, gpu::find(on, "loss", "loss_scored"), gpu::extent3{static_cast<uint32_t>(p.of.rows), 1, 1}, distance::on_gpu::row_block,
              0, l);
}

void rank(const rank_params& p, const call_options& how) {
  if (how.control) how.control->check();
  gpu::device& on = *how.on;
  const rank_launch l{p, hard_negatives_miner_from(p.scalars)};
  gpu::launch(on, gpu::find(on, "loss", "loss_rank"), gpu::extent3{static_cast<uint32_t>(p.of.rows), 1, 1}, distance::on_gpu::row_block, 0,
              l);
}

void add(gpu::device& on, const float* part, int64_t count, float* into) {
  launch_rows(on, "loss_add", count, add_launch{part, into, count});
}

// The sums of all anchors by one block.
void total(const total_params& p, const call_options& how) {
  total_launch l{};
  l.rows = p.parts;
  l.n = p.anchors;
  l.stride = p.anchors;
  l.value = p.value;
  l.state = p.state;
  l.reduction = p.reduction;
  l.two_parts = p.two_parts ? 1 : 0;
  launch_one(*how.on, "loss_total", l);
}

}  // namespace warpweft::loss::on_gpu
