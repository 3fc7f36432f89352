// A cache's rows: written, read back, and met by the absorbed queries of many heads.
#include <algorithm>
#include <numeric>
#include <vector>

#include "attention/attention.h"
#include "attention/cut.h"
#include "attention/gpu.h"
#include "attention/rules.h"
#include "cpu/buffer.h"
#include "cpu/features.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

constexpr int64_t rows_a_task = 16;
constexpr int64_t sector = 32;  // of a GPU's memory

template <class Body>
void each_row(int64_t rows, const call_options& how, const Body& body) {
  cpu::parallel((rows + rows_a_task - 1) / rows_a_task, how.threads, how.control,
                [&](int64_t task, int) { body(task * rows_a_task, std::min(rows, (task + 1) * rows_a_task)); });
}

}  // namespace

int64_t row_bytes(storage type, int64_t latent, int64_t rope, bool on_device) {
  const int64_t bytes =
      type == storage::e4m3 ? cpu::up_to_multiple(rope_at(latent) + 2 * rope, 4) : (latent + rope) * size_of(static_cast<dtype>(type));
  return on_device ? cpu::up_to_multiple(bytes, sector) : bytes;
}

void append(const append_params& p, const call_options& how) {
  if (how.on) return on_gpu::append(p, how);
  each_row(p.latent.rows, how, [&](int64_t first, int64_t last) {
    cpu::buffer<float> latent(p.latent.columns), rope(p.rope.columns);
    rows_view latents, ropes;
    latents.of = p.latent;
    ropes.of = p.rope;
    for (int64_t t = first; t < last; ++t) {
      cpu::in_use().float32->read_row(latents, t, latent.data());
      cpu::in_use().float32->read_row(ropes, t, rope.data());
      units_in_use().write_row(p.cache, p.slots[t], latent.data(), rope.data());
    }
  });
}

void read(const read_params& p, const call_options& how) {
  if (how.on) return on_gpu::read(p, how);
  const int64_t latent = p.cache.latent_columns, rope = p.cache.rope_columns;
  each_row(p.count, how, [&](int64_t first, int64_t last) {
    cpu::buffer<float> row(latent + rope);
    for (int64_t t = first; t < last; ++t) {
      units_in_use().read_row(p.cache, p.slots[t], row.data());
      std::copy_n(row.data(), latent, p.latent + t * latent);
      std::copy_n(row.data() + latent, rope, p.rope + t * rope);
    }
  });
}

void decode(const decode_params& p, const call_options& how) {
  if (how.on) return on_gpu::decode(p, how);
  const int64_t latent = p.cache.latent_columns, rope = p.cache.rope_columns;
  forward_call call{};
  call.heads = p.heads;
  call.key_columns = latent + rope;
  call.value_columns = latent;
  call.queries = p.queries;
  head_group all{0, 0, std::vector<int32_t>(static_cast<size_t>(p.heads))};
  std::iota(all.heads.begin(), all.heads.end(), 0);
  if (p.heads > 0) call.groups.push_back(std::move(all));
  for (int64_t b = 0; b < p.batches; ++b) call.sequences.push_back({p.queries, p.lengths[b]});
  call.batch_invariant = p.batch_invariant;
  call.split = p.split;
  call.out = p.out;
  call.lse = p.lse;
  call.unit = [&](int64_t b, const head_group&) {
    const auto part = [&](const void* data, dtype type, int64_t columns) {
      const char* from = static_cast<const char*>(data) + b * p.queries * p.heads * columns * size_of(type);
      return query_part{from, static_cast<storage>(type), columns};
    };
    forward_unit u{};
    u.query[0] = part(p.latent, p.latent_type, latent);
    u.query[1] = part(p.rope, p.rope_type, rope);
    u.keys = {p.cache.data, p.cache.type, p.cache.row_bytes, p.pages + b * p.pages_a_row, p.page_shift, latent + rope, latent};
    u.values_in_keys = true;
    u.values = u.keys;
    u.key_columns = latent + rope;
    u.value_columns = latent;
    u.rules = rules_of({p.scale, 0.0f}, {-1, p.causal ? 0 : -1, 0}, p.queries, p.lengths[b]);
    return u;
  };
  run(call, how);
}

}  // namespace warpweft::attention
