// A cache's rows on a GPU: written and read back, a warp each.
#include "attention/gpu.h"
#include "attention/gpu_step.h"
#include "attention/launch.h"

namespace warpweft::attention::on_gpu {
namespace {

void launch(const call_options& how, const char* entry, const int32_t* slots, cache_launch l) {
  const step one(how);
  const gpu::buffer places = uploaded(*how.on, slots, static_cast<size_t>(l.count));
  l.slots = places.as<int32_t>();
  gpu::launch(*how.on, kernel_of(*how.on, entry), blocks_of_warps(l.count), {row_threads, 1, 1}, 0, l);
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
