#include "distance/gpu_prepared.h"

#include <string>

#include "distance/launch.h"
#include "distance/operands.h"

namespace warpweft::distance::on_gpu {
namespace {

// Values that are accumulated over x − y are made of float32 alone, whatever rows were rounded to.
dtype kernels_of(const prepare_params& p) {
  return p.type == dtype::bfloat16 && traits_of(p.pair.metric).kind == form::elementwise ? dtype::float32 : p.type;
}

const char* const kinds_refused[] = {"nan", "inf", "-inf"};

}  // namespace

prepared::prepared(const prepare_params& p, gpu::device& on) : prepared_base(p, &on), read_as_(kernels_of(p)), rows_(on, p.pair) {
  if (p.pair.whitener) rows_.find_origin(p.pair);
  row_maker passing(on, p.pair);  // what is not kept
  passing.whiten_like(rows_);
  if (p.type == dtype::int8) {
    keep_codes(p, on);
  } else if (rows_.computes() && p.type == dtype::float32) {
    side_ = rows_.computed(p.pair.x);
  } else {
    matrix seen = p.pair.x;
    if (rows_.computes()) seen = rows_.matrix_of(passing.computed(seen), dtype::float32);
    if (read_as_ != p.type) seen = rows_.matrix_of(passing.copied_as(p.type, seen), p.type);
    side_ = rows_.copied_as(read_as_, seen);
  }
  rows_.measure(rows_.matrix_of(side_, read_as_), true, side_);
  rows_.inside_ball(side_, p.pair.x_name, true);
}

// Codes that are found are waited for, as rows that are not finite have none.
void prepared::keep_codes(const prepare_params& p, gpu::device& on) {
  const matrix& rows = p.pair.x;
  const gpu::buffer scale = on.allocate(static_cast<size_t>(rows.rows) * 4), refused = on.allocate(sizeof(uint64_t));
  term_options how;
  if (p.scale) {
    if (rows.rows > 0) gpu::copy_in(on, scale.address(), p.scale, static_cast<size_t>(rows.rows) * 4);
    how.scale = scale.as<float>();
  }
  if (rows.type != dtype::int8) {
    gpu::fill_zero(on, refused.address(), sizeof(uint64_t));
    how.refused = refused.as<uint64_t>();
  }
  side_ = rows_.in_terms(dtype::int8, rows, how);
  if (!how.refused) return;
  uint64_t found;
  gpu::copy_out(on, &found, refused.address(), sizeof(found));
  if (found == 0) return;
  const int64_t row = rows.rows - static_cast<int64_t>(found / refused_kinds);
  throw coded_error("ERR_ARGUMENT", std::string("base must be finite to be kept as int8, got ") + kinds_refused[found % refused_kinds] +
                                        " in row " + std::to_string(row));
}

}  // namespace warpweft::distance::on_gpu
