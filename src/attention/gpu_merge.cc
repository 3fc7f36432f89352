// Finished results of disjoint sets of keys, joined on a GPU.
#include "attention/gpu.h"
#include "attention/gpu_step.h"
#include "attention/launch.h"

namespace warpweft::attention::on_gpu {

void merge(const merge_params& p, const call_options& how) {
  const step one(how);
  join_launch l{};
  l.parts = p.parts;
  l.rows = p.rows;
  l.columns = p.columns;
  l.sums = p.outputs;
  l.lses = p.lses;
  l.out = p.out;
  l.lse = p.lse;
  gpu::launch(*how.on, kernel_of(*how.on, "attention_join"), {static_cast<uint32_t>(p.rows), 1, 1}, {row_threads, 1, 1}, 0, l);
}

}  // namespace warpweft::attention::on_gpu
