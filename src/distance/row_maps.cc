#include "distance/row_maps.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/features.h"
#include "cpu/threads.h"
#include "distance/gpu_maps.h"
#include "distance/ops/exp_map_radius.h"

namespace warpweft::distance {
namespace {

constexpr int64_t rows_a_task = 64;

void read(const matrix& rows, int64_t r, float* out) {
  rows_view view;
  view.of = rows;
  cpu::in_use().float32->read_row(view, r, out);
}

// Some columns of a matrix.
matrix columns_of(matrix rows, int64_t first, int64_t count) {
  rows.data = static_cast<const char*>(rows.data) + first * rows.step * size_of(rows.type);
  rows.columns = count;
  return rows;
}

template <class Body>
void each_row(int64_t rows, const call_options& how, const Body& body) {
  cpu::parallel((rows + rows_a_task - 1) / rows_a_task, how.threads, how.control, [&](int64_t task, int) {
    for (int64_t r = task * rows_a_task; r < std::min(rows, (task + 1) * rows_a_task); ++r) body(r);
  });
}

// out += W_b row_b, or W_bᵀ row_b.
void add_block(const float* weights, int64_t block, bool transposed, const float* row, float* out) {
  for (int64_t i = 0; i < block; ++i) {
    if (transposed) {
      for (int64_t j = 0; j < block; ++j) out[j] += weights[i * block + j] * row[i];
    } else {
      float sum = 0.0f;
      for (int64_t j = 0; j < block; ++j) sum += weights[i * block + j] * row[j];
      out[i] += sum;
    }
  }
}

}  // namespace

void structured_rows(const structured_params& p, const call_options& how) {
  if (how.on) return on_gpu::structured_rows(p, how);
  const int64_t d = p.rows.columns;
  each_row(p.rows.rows, how, [&](int64_t r) {
    std::vector<float> row(static_cast<size_t>(d));
    read(p.rows, r, row.data());
    float* out = p.out + r * d;
    for (int64_t k = 0; k < d; ++k) out[k] = p.diagonal ? p.diagonal[k] * row[static_cast<size_t>(k)] : 0.0f;
    if (!p.blocks) return;
    for (int64_t k = 0; k < d; k += p.block) add_block(p.blocks + k * p.block, p.block, p.transposed, row.data() + k, out + k);
  });
}

// A task owns the weights of one block, or the diagonal of as many columns, and meets all rows in order.
void structured_gradient(const structured_gradient_params& p, const call_options& how) {
  if (how.on) return on_gpu::structured_gradient(p, how);
  const int64_t d = p.rows.columns, g = std::max<int64_t>(1, p.blocks ? p.block : std::min<int64_t>(d, rows_a_task));
  cpu::parallel((d + g - 1) / g, how.threads, how.control, [&](int64_t b, int) {
    const int64_t first = b * g, count = std::min(g, d - first);
    const matrix gradient = columns_of(p.gradient, first, count), rows = columns_of(p.rows, first, count);
    std::vector<float> slope(static_cast<size_t>(count)), row(slope);
    std::vector<double> diagonal(slope.size()), blocks(p.blocks ? slope.size() * slope.size() : 0);
    for (int64_t r = 0; r < rows.rows; ++r) {
      read(gradient, r, slope.data());
      read(rows, r, row.data());
      for (size_t i = 0; i < slope.size(); ++i) {
        diagonal[i] += static_cast<double>(slope[i]) * row[i];
        if (p.blocks)
          for (size_t j = 0; j < row.size(); ++j) blocks[i * row.size() + j] += static_cast<double>(slope[i]) * row[j];
      }
    }
    if (p.diagonal) std::copy(diagonal.begin(), diagonal.end(), p.diagonal + first);
    if (p.blocks) std::copy(blocks.begin(), blocks.end(), p.blocks + first * p.block);
  });
}

void exp_map(const exp_map_params& p, const call_options& how) {
  if (how.on) return on_gpu::exp_map(p, how);
  const int64_t d = p.rows.columns;
  each_row(p.rows.rows, how, [&](int64_t r) {
    std::vector<float> row(static_cast<size_t>(d));
    read(p.rows, r, row.data());
    double square = 0.0, along = 0.0;
    for (int64_t k = 0; k < d; ++k) {
      const double value = row[static_cast<size_t>(k)];
      square += value * value;
      if (p.grad) along += value * p.grad[r * d + k];
    }
    const radial map = exp_map_radius(std::sqrt(square), p.curvature, p.clip);
    for (int64_t k = 0; k < d; ++k) {
      const double value = row[static_cast<size_t>(k)];
      p.out[r * d + k] = static_cast<float>(p.grad ? map.factor * p.grad[r * d + k] + map.bend * along * value : map.factor * value);
    }
  });
}

}  // namespace warpweft::distance
