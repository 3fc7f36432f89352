#include "distance/gpu_operands.h"

#include <algorithm>

#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

constexpr int64_t alignment = 16;  // bytes, of what cp.async copies

bool is_aligned(const matrix& rows) {
  const bool begins = reinterpret_cast<uintptr_t>(rows.data) % alignment == 0;
  return begins && (rows.rows <= 1 || rows.stride * size_of(rows.type) % alignment == 0);
}

float* allocate_floats(gpu::device& on, int64_t count, std::vector<gpu::buffer>& memory) {
  memory.push_back(on.allocate(static_cast<size_t>(count) * 4));
  return memory.back().as<float>();
}

}  // namespace

gpu::extent3 blocks_of_threads(int64_t rows) { return {static_cast<uint32_t>(up(rows, device::row_threads)), 1, 1}; }
gpu::extent3 blocks_of_warps(int64_t rows) { return {static_cast<uint32_t>(up(rows, device::rows_of_warps)), 1, 1}; }

gpu::extent3 tiles_of(const pair_range& range) {
  return {static_cast<uint32_t>(up(range.rows, device::tile_rows) * up(range.columns, device::tile_columns)), 1, 1};
}

splits::splits(int64_t n, int64_t m, int64_t most) {
  const int64_t tiles = up(m, device::tile_columns);
  const int64_t wanted = std::max<int64_t>(1, std::min({tiles, up(wanted_blocks, std::max<int64_t>(1, up(n, device::tile_rows))), most}));
  const int64_t tiles_each = std::max<int64_t>(1, up(tiles, wanted));
  columns = tiles_each * device::tile_columns;
  count = up(tiles, tiles_each);
}

gpu::extent3 splits::grid(int64_t n) const { return {static_cast<uint32_t>(up(n, device::tile_rows)), static_cast<uint32_t>(count), 1}; }

const char* operands::name_of(dtype type) { return type == dtype::float16 ? "float16" : type == dtype::bfloat16 ? "bfloat16" : "float32"; }

dtype operands::common_type(const pair_params& of) {
  const bool narrow = of.x.type == dtype::float16 || of.x.type == dtype::bfloat16;
  return narrow && of.x.type == of.y.type ? of.x.type : dtype::float32;
}

device_side aligned(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                    std::vector<gpu::buffer>& memory) {
  device_side side{};
  side.rows = rows.rows;
  side.data = rows.data;
  side.stride = rows.stride;
  if (rows.type == type && rows.step == 1 && !scale && !shift && is_aligned(rows)) return side;
  side.stride = up(rows.columns * size_of(type), alignment) * alignment / size_of(type);
  memory.push_back(on.allocate(static_cast<size_t>(rows.rows * side.stride * size_of(type))));
  side.data = memory.back().address();
  pack_launch p{};
  p.from = rows.data;
  p.to = memory.back().address();
  p.scale = scale;
  p.shift = shift;
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.from_stride = rows.stride;
  p.from_step = rows.step;
  p.to_stride = side.stride;
  p.from_type = rows.type;
  p.to_type = type;
  gpu::launch(on, gpu::find(on, "distance", "distance_pack"), blocks_of_warps(rows.rows), row_block, 0, p);
  return side;
}

void enqueue_measure(gpu::device& on, const matrix& rows, const float* scale, bool inverse, float* scalar, double* norm) {
  measure_launch p{};
  p.data = rows.data;
  p.scale = scale;
  p.scalar = scalar;
  p.norm = norm;
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.stride = rows.stride;
  p.step = rows.step;
  p.type = rows.type;
  p.inverse = inverse ? 1 : 0;
  gpu::launch(on, gpu::find(on, "distance", "distance_measure"), blocks_of_warps(rows.rows), row_block, 0, p);
}

operands::operands(gpu::device& on, const pair_params& of, bool unit_rows) : on_(on), type_(common_type(of)) {
  pair_.columns = of.x.columns;
  pair_.metric = of.metric;
  pair_.self = of.self ? 1 : 0;
  const auto prepare = [&](const matrix& rows) {
    float* scale = nullptr;
    if (unit_rows) {
      scale = allocate_floats(on_, rows.rows, memory_);
      enqueue_measure(on_, rows, nullptr, true, scale, nullptr);
    }
    device_side side = aligned(on_, rows, type_, nullptr, nullptr, memory_);
    side.scale = scale;
    measure(rows, scale, side);
    return side;
  };
  pair_.x = prepare(of.x);
  pair_.y = of.self ? pair_.x : prepare(of.y);
}

void operands::measure(const matrix& rows, const float* scale, device_side& side) {
  const traits metric = traits_of(pair_.metric);
  if (metric.scalar == row_scalar::none) return;
  float* scalar = allocate_floats(on_, rows.rows, memory_);
  memory_.push_back(on_.allocate(static_cast<size_t>(rows.rows) * 8));
  double* norm = memory_.back().as<double>();
  enqueue_measure(on_, rows, scale, metric.scalar == row_scalar::inverse_norm, scalar, norm);
  side.scalar = scalar;
  side.norm = norm;
}

}  // namespace warpweft::distance::on_gpu
