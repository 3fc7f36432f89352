#include "distance/gpu_maps.h"

#include "distance/gpu_operands.h"
#include "gpu/step.h"
#include "distance/launch.h"

namespace warpweft::distance::on_gpu {

void structured_rows(const structured_params& p, const call_options& how) {
  const gpu::step one(how.control);
  structured_launch l{};
  l.rows = p.rows.data;
  l.diagonal = p.diagonal;
  l.blocks = p.blocks;
  l.out = p.out;
  l.count = p.rows.rows;
  l.columns = p.rows.columns;
  l.block = p.block;
  l.stride = p.rows.stride;
  l.step = p.rows.step;
  l.type = p.rows.type;
  l.transposed = p.transposed ? 1 : 0;
  gpu::launch(*how.on, kernel_of(*how.on, "distance_structured_rows"), blocks_of_products(p.rows), row_block, 0, l);
}

void structured_gradient(const structured_gradient_params& p, const call_options& how) {
  const gpu::step one(how.control);
  structured_gradient_launch l{};
  l.gradient = p.gradient.data;
  l.rows = p.rows.data;
  l.count = p.rows.rows;
  l.columns = p.rows.columns;
  l.block = p.block;
  l.gradient_stride = p.gradient.stride;
  l.gradient_step = p.gradient.step;
  l.stride = p.rows.stride;
  l.step = p.rows.step;
  l.gradient_type = p.gradient.type;
  l.type = p.rows.type;
  const auto launch = [&](int64_t weights) {
    constexpr gpu::extent3 block{32, device::rows_side_by_side, 1};
    gpu::launch(*how.on, kernel_of(*how.on, "distance_structured_gradient"), {static_cast<uint32_t>(up(weights, 32)), 1, 1}, block, 0, l);
  };
  if (p.diagonal) {
    l.diagonal = p.diagonal;
    launch(l.columns);
  }
  if (p.blocks) {
    l.diagonal = nullptr;
    l.blocks = p.blocks;
    launch(l.columns * l.block);
  }
}

void exp_map(const exp_map_params& p, const call_options& how) {
  const gpu::step one(how.control);
  exp_map_launch l{};
  l.rows = p.rows.data;
  l.grad = p.grad;
  l.out = p.out;
  l.count = p.rows.rows;
  l.columns = p.rows.columns;
  l.stride = p.rows.stride;
  l.step = p.rows.step;
  l.curvature = p.curvature;
  l.clip = p.clip;
  l.type = static_cast<int64_t>(p.rows.type);
  gpu::launch(*how.on, kernel_of(*how.on, "distance_exp_map"), blocks_of_warps(l.count), row_block, 0, l);
}

}  // namespace warpweft::distance::on_gpu
