#include "attention/gpu_rows.h"

#include <algorithm>
#include <vector>

#include "attention/launch_rows.h"
#include "base/order.h"
#include "base/tile.h"

namespace warpweft::attention::on_gpu {
namespace {

constexpr uint32_t threads = device::row_threads;
constexpr int64_t most_blocks = int64_t{1} << 16;

int64_t up(int64_t value, int64_t step) { return (value + step - 1) / step; }

// A warp has a row.
template <class Params>
void over_rows(gpu::device& on, const char* entry, int64_t rows, const Params& p) {
  const uint32_t blocks = static_cast<uint32_t>(std::min(up(rows, device::rows_of_warps), most_blocks));
  gpu::launch(on, gpu::find(on, "attention", entry), {blocks}, {threads}, 0, p);
}

// A thread has a column, of a run of rows.
template <class Params>
void over_columns(gpu::device& on, const char* entry, int64_t columns, int64_t runs, const Params& p) {
  const gpu::extent3 grid{static_cast<uint32_t>(up(columns, threads)), static_cast<uint32_t>(runs)};
  gpu::launch(on, gpu::find(on, "attention", entry), grid, {threads}, 0, p);
}

}  // namespace

packed_rows packed(gpu::device& on, const void* data, dtype from, int64_t rows, int64_t columns, dtype type) {
  constexpr int64_t alignment = 16;
  const int64_t size = size_of(type), own = columns * size;
  if (from == type && own % alignment == 0 && reinterpret_cast<uintptr_t>(data) % alignment == 0)
    return {static_cast<const char*>(data), own, {}};
  const int64_t stride = up(own, alignment) * alignment;
  gpu::buffer copy = on.allocate(static_cast<size_t>(rows * stride));
  over_rows(on, "attention_pack", rows, pack_launch{data, copy.address(), rows, columns, stride / size, from, type});
  return {copy.as<char>(), stride, std::move(copy)};
}

void row_dots(gpu::device& on, const float* a, const float* b, int64_t rows, int64_t columns, float* out) {
  over_rows(on, "attention_dots", rows, dots_launch{a, b, rows, columns, out});
}

// Runs of rows that the shape alone decides, as on the CPU.
void rms_norm(const norm_params& p, gpu::device& on) {
  constexpr int64_t rows_a_run = 32, most_runs = 256;
  const int64_t n = p.x.rows, d = p.x.columns;
  norm_launch l{};
  l.x = p.x;
  l.gain = p.gain;
  l.eps = p.eps;
  l.grad = p.grad;
  l.out = p.out;
  if (!p.grad) return over_rows(on, "attention_norm", n, l);
  l.run = std::max(rows_a_run, up(n, most_runs));
  l.runs = up(n, l.run);
  gpu::buffer roots, sums;
  if (p.gain_grad) {
    roots = on.allocate(static_cast<size_t>(n) * sizeof(double));
    sums = on.allocate(static_cast<size_t>(l.runs * d) * sizeof(double));
    l.roots = roots.as<double>();
    l.sums = sums.as<double>();
    l.gain_grad = p.gain_grad;
  }
  over_rows(on, "attention_norm_backward", n, l);
  if (!p.gain_grad) return;
  over_columns(on, "attention_norm_gain", d, l.runs, l);
  over_columns(on, "attention_norm_gain_join", d, 1, l);
}

void rope(const rope_params& p, gpu::device& on) {
  constexpr double pi = 3.14159265358979323846;
  std::vector<double> turns(p.frequencies, p.frequencies + p.pairs);
  for (double& turn : turns) turn /= p.back ? -pi : pi;
  const gpu::buffer frequencies = gpu::uploaded(on, turns.data(), p.pairs), positions = gpu::uploaded(on, p.positions, p.tokens);
  rope_launch l{};
  l.x = p.x;
  l.positions = positions.as<int32_t>();
  l.turns = frequencies.as<double>();
  l.tokens = p.tokens;
  l.heads = p.heads;
  l.pairs = p.pairs;
  l.skip = p.skip;
  l.interleaved = p.interleaved ? 1 : 0;
  l.out = p.out;
  over_rows(on, "attention_rope", p.x.rows, l);
}

void embed(const embed_params& p, gpu::device& on) {
  const gpu::buffer rows = gpu::uploaded(on, p.rows, p.count);
  over_rows(on, "attention_embed", p.count, embed_launch{p.table, rows.as<int32_t>(), p.count, p.out});
}

void embed_backward(const embed_backward_params& p, gpu::device& on) {
  gpu::fill_zero(on, p.out, static_cast<size_t>(p.table_rows * p.columns) * sizeof(float));
  const std::vector<int32_t> order = sorted_by_label(p.rows, p.count);
  std::vector<int32_t> begin;
  for (int64_t i = 0; i < p.count; ++i)
    if (i == 0 || p.rows[order[static_cast<size_t>(i)]] != p.rows[order[static_cast<size_t>(i - 1)]])
      begin.push_back(static_cast<int32_t>(i));
  const int64_t distinct = static_cast<int64_t>(begin.size());
  begin.push_back(static_cast<int32_t>(p.count));
  const gpu::buffer rows = gpu::uploaded(on, p.rows, p.count), sorted = gpu::uploaded(on, order.data(), p.count),
                    begins = gpu::uploaded(on, begin.data(), distinct + 1);
  over_rows(on, "attention_embed_backward", distinct,
            embed_backward_launch{p.grad, rows.as<int32_t>(), sorted.as<int32_t>(), begins.as<int32_t>(), distinct, p.columns, p.out});
}

}  // namespace warpweft::attention::on_gpu

namespace warpweft::attention {

void embed(const embed_params& p, const call_options& how) { on_gpu::embed(p, *how.on); }
void embed_backward(const embed_backward_params& p, const call_options& how) { on_gpu::embed_backward(p, *how.on); }

}  // namespace warpweft::attention
