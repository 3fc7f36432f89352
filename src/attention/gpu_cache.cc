// A cache's rows on a GPU: written and read back, a warp each.
#include "attention/gpu.h"
#include "attention/launch.h"
#include "base/tile.h"
#include "gpu/launch.h"
#include "gpu/step.h"

namespace warpweft::attention::on_gpu {
namespace {

void launch(const call_options& how, const char* entry, const int32_t* slots, cache_launch l) {
  const gpu::step one(how.control);
  const gpu::buffer places = gpu::uploaded(*how.on, slots, l.count);
  l.slots = places.as<int32_t>();
  const auto blocks = static_cast<uint32_t>((l.count + device::rows_of_warps - 1) / device::rows_of_warps);
  gpu::launch(*how.on, gpu::find(*how.on, "attention", entry), {blocks}, {device::row_threads}, 0, l);
}

}  // namespace

void append(const append_params& p, const call_options& how) {
  cache_launch l{};
  l.cache = p.cache;
  l.latent = p.latent;
  l.rope = p.rope;
  l.count = p.latent.rows;
  launch(how, "attention_append", p.slots, l);
}

void read(const read_params& p, const call_options& how) {
  cache_launch l{};
  l.cache = p.cache;
  l.count = p.count;
  l.latent_out = p.latent;
  l.rope_out = p.rope;
  launch(how, "attention_read", p.slots, l);
}

}  // namespace warpweft::attention::on_gpu
