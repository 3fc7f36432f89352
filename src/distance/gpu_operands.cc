#include "distance/gpu_operands.h"

#include <algorithm>

#include "distance/gpu_prepared.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

const prepared& base_of(const pair_params& of) { return *static_cast<const prepared*>(of.base); }

// Numbers of 8 bits that hold all 24, or 11, of one; or digits of a code.
int32_t terms_of(dtype from, dtype to) {
  if (to == dtype::int8) return from == dtype::int8 ? 1 : 3;
  return from == dtype::float16 ? 2 : 3;
}

}  // namespace

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

const char* operands::name_of(dtype type) {
  switch (type) {
    case dtype::float16: return "float16";
    case dtype::bfloat16: return "bfloat16";
    case dtype::int8: return "int8";
    default: return "float32";
  }
}

dtype operands::common_type(const pair_params& of) {
  const bool narrow = of.x.type == dtype::float16 || of.x.type == dtype::bfloat16;
  return narrow && traits_of(of.metric).kind == form::dot && !are_computed(of) && of.x.type == of.y.type ? of.x.type : dtype::float32;
}

bool operands::are_computed(const pair_params& of) { return of.whitener || traits_of(of.metric).centred_rows; }

operands::operands(gpu::device& on, const pair_params& of, bool unit_rows)
    : type_(of.base ? base_of(of).read_as() : common_type(of)), rows_(on, of) {
  if ((are_computed(of) || of.base) && unit_rows) throw coded_error("ERR_DEVICE", "this metric of unit rows runs on the CPU only");
  pair_.columns = of.x.columns;
  pair_.metric = of.metric;
  std::copy_n(of.scalars, most_metric_scalars, pair_.scalars);
  pair_.self = of.self ? 1 : 0;
  pair_.given.terms = 1;
  if (of.base)
    meet_base(of);
  else
    meet(of, unit_rows);
}

void operands::meet(const pair_params& of, bool unit_rows) {
  if (of.whitener) rows_.find_origin(of);
  const auto prepare = [&](const matrix& rows, bool second) {
    if (rows_.computes()) {
      device_side side = rows_.computed(rows);
      rows_.measure(rows_.matrix_of(side, type_), second, side);
      return side;
    }
    const float* scale = unit_rows ? rows_.unit_scale(rows) : nullptr;
    device_side side = rows_.read_as(type_, rows);
    side.scale = scale;
    rows_.measure(rows, second, side);
    return side;
  };
  pair_.x = prepare(of.x, false);
  pair_.y = of.self ? pair_.x : prepare(of.y, true);
  rows_.inside_ball(pair_.x, of.x_name, false);
  if (!of.self) rows_.inside_ball(pair_.y, of.y_name, true);
}

// x as the base is read: as rows of its type, or taken apart into terms, which lose nothing.
void operands::meet_base(const pair_params& of) {
  const prepared& base = base_of(of);
  pair_.y = base.side();
  rows_.whiten_like(base.rows());
  device_side& x = pair_.x;
  matrix seen = of.x;
  if (rows_.computes()) {
    x = rows_.computed(seen);
    seen = rows_.matrix_of(x, dtype::float32);
  }
  if (type_ == dtype::float32 || (type_ == dtype::bfloat16 && seen.type == type_)) {
    if (!rows_.computes()) x = rows_.read_as(type_, seen);
    rows_.measure(seen, false, x);
  } else {
    const int32_t count = terms_of(seen.type, type_);
    const device_side terms = rows_.in_terms(type_, seen, {count, nullptr, of.x_scale, nullptr});
    x.rows = seen.rows;
    if (seen.type == dtype::int8) x.scale = terms.scale;
    rows_.measure(seen, false, x);
    pair_.given = {seen.data, x.low, seen.stride, seen.type, count};
    x.data = terms.data;
    x.stride = terms.stride;
    x.scale = terms.scale;
    x.low = nullptr;
  }
  rows_.inside_ball(x, of.x_name, false);
}

}  // namespace warpweft::distance::on_gpu
