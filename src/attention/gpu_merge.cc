// Finished results of disjoint sets of keys, joined on a GPU.
#include "attention/gpu.h"
#include "attention/launch.h"
#include "base/tile.h"
#include "gpu/launch.h"
#include "gpu/step.h"

namespace warpweft::attention::on_gpu {

void merge(const merge_params& p, const call_options& how) {
  const gpu::step one(how.control);
  join_launch l{};
  l.parts = p.parts;
  l.rows = p.rows;
  l.columns = p.columns;
  l.sums = p.outputs;
  l.lses = p.lses;
  l.out = p.out;
  l.lse = p.lse;
  gpu::launch(*how.on, gpu::find(*how.on, "attention", "attention_join"), {static_cast<uint32_t>(p.rows)}, {device::row_threads}, 0, l);
}

}  // namespace warpweft::attention::on_gpu
