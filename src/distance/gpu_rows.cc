#include "distance/gpu_rows.h"

#include <algorithm>

#include "distance/launch.h"
#include "distance/moments.h"
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

// A copy of rows into a side's memory, once it is said how they change on the way.
pack_launch pack_of(const matrix& rows, const device_side& into, dtype type) {
  pack_launch p{};
  p.from = rows.data;
  p.to = const_cast<void*>(into.data);
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.from_stride = rows.stride;
  p.from_step = rows.step;
  p.to_stride = into.stride;
  p.from_type = rows.type;
  p.to_type = type;
  return p;
}

void enqueue_pack(gpu::device& on, const pack_launch& p) {
  gpu::launch(on, gpu::find(on, "distance", "distance_pack"), blocks_of_warps(p.rows), row_block, 0, p);
}

}  // namespace

gpu::extent3 blocks_of_threads(int64_t rows) { return {static_cast<uint32_t>(up(rows, device::row_threads)), 1, 1}; }
gpu::extent3 blocks_of_warps(int64_t rows) { return {static_cast<uint32_t>(up(rows, device::rows_of_warps)), 1, 1}; }
gpu::extent3 blocks_of_products(const matrix& of) {
  return {static_cast<uint32_t>(up(of.rows, device::multiplied_rows)), static_cast<uint32_t>(up(of.columns, device::row_threads)), 1};
}

device_side aligned(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                    std::vector<gpu::buffer>& memory) {
  device_side side{};
  side.rows = rows.rows;
  side.data = rows.data;
  side.stride = rows.stride;
  if (rows.type == type && rows.step == 1 && !scale && !shift && is_aligned(rows)) return side;
  return copied(on, rows, type, scale, shift, memory);
}

device_side copied(gpu::device& on, const matrix& rows, dtype type, const float* scale, const float* shift,
                   std::vector<gpu::buffer>& memory) {
  device_side side{};
  side.rows = rows.rows;
  side.stride = up(rows.columns * size_of(type), alignment) * alignment / size_of(type);
  memory.push_back(on.allocate(static_cast<size_t>(rows.rows * side.stride * size_of(type))));
  side.data = memory.back().address();
  pack_launch p = pack_of(rows, side, type);
  p.scale = scale;
  p.shift = shift;
  enqueue_pack(on, p);
  return side;
}

void enqueue_measure(gpu::device& on, const measure_launch& p) {
  gpu::launch(on, gpu::find(on, "distance", "distance_measure"), blocks_of_warps(p.rows), row_block, 0, p);
}

void enqueue_measure(gpu::device& on, const matrix& rows, float* scale) {
  measure_launch p{};
  p.data = rows.data;
  p.scalar = scale;
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.stride = rows.stride;
  p.step = rows.step;
  p.type = rows.type;
  p.inverse = 1;
  enqueue_measure(on, p);
}

float* enqueue_centre(gpu::device& on, const matrix& x, const float* x_scale, const matrix& y, const float* y_scale,
                      std::vector<gpu::buffer>& memory) {
  centre_launch p{};
  p.x = x.data;
  p.y = y.data;
  p.x_scale = x_scale;
  p.y_scale = y_scale;
  p.centre = allocate_floats(on, x.columns, memory);
  p.x_rows = x.rows;
  p.y_rows = y.rows;
  p.columns = x.columns;
  p.x_stride = x.stride;
  p.x_step = x.step;
  p.y_stride = y.stride;
  p.y_step = y.step;
  p.x_type = x.type;
  p.y_type = y.type;
  p.share = worthwhile_share;
  gpu::launch(on, gpu::find(on, "distance", "distance_centre"), blocks_of_threads(p.columns), row_block, 0, p);
  return p.centre;
}

row_maker::row_maker(gpu::device& on, const pair_params& of)
    : on_(on), metric_(of.metric), columns_(of.x.columns), centred_(traits_of(of.metric).centred_rows) {
  std::copy_n(of.scalars, most_metric_scalars, scalars_);
  if (metric_ != metric_id::poincare) return;
  memory_.push_back(on_.allocate(2 * sizeof(uint64_t)));
  outside_ = memory_.back().as<uint64_t>();
  gpu::fill_zero(on_, outside_, 2 * sizeof(uint64_t));
}

// What is common to all rows would take bits of their differences.
void row_maker::find_origin(const pair_params& of) {
  const int64_t d = of.x.columns;
  memory_.push_back(gpu::uploaded(on_, of.whitener, d * d));
  whitener_ = memory_.back().as<double>();
  if (d > 0 && of.x.rows + of.y.rows > 0) origin_ = enqueue_centre(on_, of.x, nullptr, of.y, nullptr, memory_);
}

void row_maker::whiten_like(const row_maker& others) {
  whitener_ = others.whitener_;
  origin_ = others.origin_;
}

// Room for rows that are computed: behind each first part its second.
device_side row_maker::allocate_side(const matrix& rows) {
  device_side side{};
  side.rows = rows.rows;
  const int64_t apart = up(rows.columns * 4, alignment) * alignment / 4;
  side.stride = 2 * apart;
  const float* high = allocate_floats(on_, side.rows * side.stride, memory_);
  side.data = high;
  side.low = high + apart;
  return side;
}

void row_maker::whiten(const matrix& rows, const device_side& side) {
  whiten_launch p{};
  p.from = rows.data;
  p.origin = origin_;
  p.whitener = whitener_;
  p.high = static_cast<float*>(const_cast<void*>(side.data));
  p.low = const_cast<float*>(side.low);
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.from_stride = rows.stride;
  p.from_step = rows.step;
  p.to_stride = side.stride;
  p.from_type = static_cast<int64_t>(rows.type);
  gpu::launch(on_, gpu::find(on_, "distance", "distance_whiten"), blocks_of_products(rows), row_block, 0, p);
}

device_side row_maker::computed(const matrix& rows) {
  const device_side side = allocate_side(rows);
  if (whitener_) {
    whiten(rows, side);
  } else {
    pack_launch p = pack_of(rows, side, dtype::float32);
    p.low = const_cast<float*>(side.low);
    enqueue_pack(on_, p);
  }
  return side;
}

device_side row_maker::in_terms(dtype type, const matrix& rows, const term_options& how) {
  device_side side{};
  side.rows = rows.rows;
  const int64_t apart = up(rows.columns * size_of(type), alignment) * alignment / size_of(type);
  side.stride = how.terms * apart;
  memory_.push_back(on_.allocate(static_cast<size_t>(side.rows * side.stride * size_of(type))));
  side.data = memory_.back().address();
  terms_launch p{};
  p.from = rows.data;
  p.to = const_cast<void*>(side.data);
  if (type == dtype::int8) side.scale = p.scale = allocate_floats(on_, rows.rows, memory_);
  p.given_scale = how.scale;
  p.one_scale = how.one_scale;
  p.refused = how.refused;
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.from_stride = rows.stride;
  p.from_step = rows.step;
  p.to_stride = side.stride;
  p.apart = apart;
  p.from_type = rows.type;
  p.to_type = type;
  p.terms = how.terms;
  gpu::launch(on_, gpu::find(on_, "distance", "distance_terms"), blocks_of_warps(p.rows), row_block, 0, p);
  return side;
}

const float* row_maker::unit_scale(const matrix& rows) {
  float* scale = allocate_floats(on_, rows.rows, memory_);
  enqueue_measure(on_, rows, scale);
  return scale;
}

void row_maker::measure(const matrix& rows, bool second, device_side& side) {
  const traits metric = traits_of(metric_);
  if (metric.scalar == row_scalar::none) return;
  measure_launch p{};
  p.data = rows.data;
  p.scale = side.scale;
  p.low = side.low;
  p.scalar = allocate_floats(on_, rows.rows, memory_);
  p.extra = metric.has_extra ? allocate_floats(on_, rows.rows, memory_) : nullptr;
  memory_.push_back(on_.allocate(static_cast<size_t>(rows.rows) * 8));
  p.norm = memory_.back().as<double>();
  p.outside = outside_ ? outside_ + (second ? 1 : 0) : nullptr;
  p.rows = rows.rows;
  p.columns = rows.columns;
  p.stride = rows.stride;
  p.step = rows.step;
  std::copy_n(scalars_, most_metric_scalars, p.scalars);
  p.metric = metric_;
  p.type = rows.type;
  p.inverse = metric.scalar == row_scalar::inverse_norm ? 1 : 0;
  enqueue_measure(on_, p);
  side.scalar = p.scalar;
  side.extra = p.extra;
  side.norm = p.norm;
}

void row_maker::inside_ball(const device_side& side, const char* name, bool second) const {
  if (!outside_) return;
  uint64_t from_end;
  gpu::copy_out(on_, &from_end, outside_ + (second ? 1 : 0), sizeof(from_end));
  if (from_end == 0) return;
  const int64_t row = side.rows - static_cast<int64_t>(from_end);
  double norm;
  gpu::copy_out(on_, &norm, side.norm + row, sizeof(norm));
  refuse_outside_ball(name, scalars_[0] * norm, row);
}

int64_t row_maker::bytes() const {
  int64_t all = 0;
  for (const gpu::buffer& one : memory_) all += static_cast<int64_t>(one.bytes());
  return all;
}

}  // namespace warpweft::distance::on_gpu
