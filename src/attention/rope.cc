#include "attention/rope.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attention/gpu_rows.h"
#include "cpu/features.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

struct turn {
  double cosine, sine;
};

void turns_at(const rope_params& p, int32_t position, std::vector<turn>& out) {
  for (size_t m = 0; m < out.size(); ++m) {
    const double angle = position * p.frequencies[m];
    out[m] = {std::cos(angle), p.back ? -std::sin(angle) : std::sin(angle)};
  }
}

void turn_row(const rope_params& p, const std::vector<turn>& turns, float* row) {
  const int64_t step = p.interleaved ? 2 : 1, apart = p.interleaved ? 1 : p.pairs;
  for (int64_t m = 0; m < p.pairs; ++m) {
    const auto [cosine, sine] = turns[static_cast<size_t>(m)];
    float& first = row[p.skip + m * step];
    float& second = row[p.skip + m * step + apart];
    const double a = first, b = second;
    first = static_cast<float>(a * cosine - b * sine);
    second = static_cast<float>(a * sine + b * cosine);
  }
}

}  // namespace

void rope(const rope_params& p, const call_options& how) {
  if (how.on) return on_gpu::rope(p, *how.on);
  constexpr int64_t rows_a_task = 64;
  const int64_t run = (rows_a_task + p.heads - 1) / p.heads * p.heads;  // whole tokens
  rows_view view;
  view.of = p.x;
  cpu::parallel((p.x.rows + run - 1) / run, how.threads, how.control, [&](int64_t task, int) {
    std::vector<turn> turns(static_cast<size_t>(p.pairs));
    for (int64_t i = task * run; i < std::min(p.x.rows, (task + 1) * run); ++i) {
      if (i % p.heads == 0) turns_at(p, p.positions[i / p.heads % p.tokens], turns);
      float* row = p.out + i * p.x.columns;
      cpu::in_use().float32->read_row(view, i, row);
      turn_row(p, turns, row);
    }
  });
}

}  // namespace warpweft::attention
