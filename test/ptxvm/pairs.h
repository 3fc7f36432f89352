// Rows for the package's own kernels of pairs, their answers in double, and launches of any text of the kernels.
#pragma once
#include <cmath>

#include "base/tile.h"
#include "distance/params.h"
#include "loss/launch.h"
#include "kernels.h"

namespace pairs {

using namespace warpweft;

// 150 × 170 rows of 72 elements: no size is a multiple of a tile's. Elements are small integers and scales powers of two, so that dots and
// their scores are exact in float32. A few rows of Y are rows of X, or nearly.
struct problem {
  int n = 150, m = 170, columns = 72;
  std::vector<float> x, y, x_scale, x_scalar, y_scalar;

  problem() {
    uint32_t state = 101;
    const auto next = [&] { return static_cast<int>((state = state * 1664525u + 1013904223u) >> 16) % 7 - 3; };
    for (int i = 0; i < n * columns; ++i) x.push_back(static_cast<float>(next()));
    for (int i = 0; i < m * columns; ++i) y.push_back(static_cast<float>(next()));
    for (int i = 0; i < n; ++i) x_scale.push_back(i % 3 == 0 ? 0.5f : i % 3 == 1 ? 1.0f : 2.0f);
    for (int r = 1; r < n; r += 9)
      for (int k = 0; k < columns; ++k)
        y[at(r, k)] = x[at(r, k)] * x_scale[static_cast<size_t>(r)] + static_cast<float>(k == 5 && r % 2 == 0);
    for (int i = 0; i < n; ++i) x_scalar.push_back(static_cast<float>(dot(i, i, true)));
    for (int j = 0; j < m; ++j) y_scalar.push_back(static_cast<float>(dot(j, j, false)));
  }

  size_t at(int row, int k) const { return static_cast<size_t>(row * columns + k); }
  double x_at(int i, int k) const { return static_cast<double>(x[at(i, k)]) * x_scale[static_cast<size_t>(i)]; }
  double dot(int i, int j) const {
    double sum = 0;
    for (int k = 0; k < columns; ++k) sum += x_at(i, k) * y[at(j, k)];
    return sum;
  }
  double dot(int i, int j, bool of_x) const {
    double sum = 0;
    for (int k = 0; k < columns; ++k) sum += of_x ? x_at(i, k) * x_at(j, k) : static_cast<double>(y[at(i, k)]) * y[at(j, k)];
    return sum;
  }
};

inline std::vector<uint16_t> short_bits(const std::vector<float>& x) {
  std::vector<uint16_t> y;
  for (float v : x) y.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16));
  return y;
}

// The rows on the device.
struct placed {
  ptx::buffer x, y, x_scale, x_scalar, y_scalar;
  explicit placed(const problem& p)
      : x(short_bits(p.x)), y(short_bits(p.y)), x_scale(p.x_scale), x_scalar(p.x_scalar), y_scalar(p.y_scalar) {}

  distance::device_pair pair(const problem& p, distance::metric_id metric) const {
    distance::device_pair d{};
    d.x = side(x, x_scalar, p.n, p.columns);
    d.x.scale = pointer<float>(x_scale);
    d.y = side(y, y_scalar, p.m, p.columns);
    d.columns = p.columns;
    d.split_columns = 128;
    d.metric = metric;
    return d;
  }
  static distance::device_side side(const ptx::buffer& rows, const ptx::buffer& scalar, int64_t count, int64_t columns) {
    distance::device_side s{};
    s.data = pointer<void>(rows);
    s.rows = count;
    s.stride = columns;
    s.scalar = pointer<float>(scalar);
    return s;
  }
  template <class T>
  static T* pointer(const ptx::buffer& b) {
    return reinterpret_cast<T*>(b.address());
  }
};

inline std::string difference(const char* what, size_t i, double got, double wanted) {
  return std::string(what) + " " + std::to_string(i) + " is " + std::to_string(got) + ", wanted " + std::to_string(wanted);
}

// Each pair's inner product, squared distance and distance; "" when all are right.
inline std::string run_pairwise(const std::string& module, const problem& p) {
  using distance::metric_id;
  for (const metric_id metric : {metric_id::inner, metric_id::sqeuclidean, metric_id::euclidean}) {
    const placed rows(p);
    const ptx::buffer out(static_cast<size_t>(p.n * p.m) * 4);
    distance::pairwise_launch l{};
    l.pair = rows.pair(p, metric);
    l.range = {0, p.n, 0, p.m};
    l.out = placed::pointer<void>(out);
    l.out_stride = p.m;
    l.out_type = static_cast<int64_t>(dtype::float32);
    const auto tiles = [](int count, int of) { return static_cast<uint32_t>((count + of - 1) / of); };
    const ptx::outcome o =
        ptx::launch_shared(module, "distance_pairwise_bfloat16", {tiles(p.n, device::tile_rows) * tiles(p.m, device::tile_columns)},
                           {device::block_threads}, device::tile_bytes, l);
    if (!o.ok()) return ptx::fault_of(o);
    const auto got = out.read<float>();
    for (int i = 0; i < p.n; ++i)
      for (int j = 0; j < p.m; ++j) {
        const double dot = p.dot(i, j),
                     squared = static_cast<double>(p.x_scalar[static_cast<size_t>(i)]) + p.y_scalar[static_cast<size_t>(j)] - 2 * dot;
        const double wanted = metric == metric_id::inner ? dot : metric == metric_id::sqeuclidean ? squared : std::sqrt(squared);
        const size_t at = static_cast<size_t>(i * p.m + j);
        if (!(std::fabs(got[at] - wanted) <= (metric == metric_id::euclidean ? std::fabs(wanted) * 0x1p-22 : 0)))
          return difference("pair", at, got[at], wanted);
      }
  }
  return "";
}

// Each row's loss −ln softmax at its own position, with τ = 64, the candidates in two splits.
inline std::string run_info_nce(const std::string& module, const problem& p) {
  constexpr double temperature = 64;
  const placed rows(p);
  const auto n = static_cast<size_t>(p.n);
  const ptx::buffer partial(2 * n * 64), fields(n * 3 * 4), parts(n * 6 * 4);
  loss::fold_launch l{};
  l.of.pair = rows.pair(p, distance::metric_id::inner);
  l.of.loss.info_nce = {
      .temperature = static_cast<float>(temperature), .symmetric = false, .target_offset = 0, .focal = 0, .focal_gradient = 0};
  l.of.larger = 1;
  l.of.which = loss::loss_id::info_nce;
  l.partial = placed::pointer<void>(partial);
  l.splits = 2;
  l.fields = placed::pointer<float>(fields);
  l.parts = placed::pointer<float>(parts);
  l.stride = p.n;
  const ptx::outcome fold = ptx::launch_shared(module, "fold_losses", {2, 2}, {device::block_threads}, device::tile_bytes, l);
  if (!fold.ok()) return ptx::fault_of(fold);
  const ptx::outcome join = ptx::launch(module, "fold_join_losses", {2}, {device::row_threads}, l);
  if (!join.ok()) return ptx::fault_of(join);
  const auto got = parts.read<float>();
  for (int i = 0; i < p.n; ++i) {
    double sum = 0;
    for (int j = 0; j < p.m; ++j) sum += std::exp((p.dot(i, j) - p.dot(i, i)) / temperature);
    const double wanted = std::log(sum), off = std::fabs(got[static_cast<size_t>(i)] - wanted);
    if (!(off <= 1e-5 * std::max(1.0, wanted))) return difference("row", static_cast<size_t>(i), got[static_cast<size_t>(i)], wanted);
  }
  return "";
}

}  // namespace pairs
