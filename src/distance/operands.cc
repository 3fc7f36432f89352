#include "distance/operands.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/threads.h"
#include "distance/ops.gen.h"

namespace warpweft::distance {
namespace {

constexpr double smallest_norm = 1e-12;
constexpr int64_t most_chunks = 64;    // of rows, for passes before the loop; fixed, so that sums have one order
constexpr int64_t panel_padding = 64;  // scalars are read to the end of a panel

// Calls body(chunk, first, count) for consecutive ranges of rows.
template <class Body>
void chunked(const matrix& of, const visit& how, const Body& body) {
  constexpr int64_t worth_waking = 1 << 20;  // elements
  const int64_t rows = of.rows, size = std::max<int64_t>(64, (rows + most_chunks - 1) / most_chunks);
  cpu::parallel((rows + size - 1) / size, rows * of.columns < worth_waking ? 1 : how.threads, how.control,
                [&](int64_t chunk, int) { body(chunk, chunk * size, std::min(size, rows - chunk * size)); });
}

struct moments {
  std::vector<double> sum, square;
};

void add_moments(const cpu::kernels& kern, const rows_view& view, const visit& how, moments& into) {
  const int64_t d = view.of.columns;
  std::vector<moments> parts(most_chunks);
  chunked(view.of, how, [&](int64_t chunk, int64_t first, int64_t count) {
    moments& part = parts[static_cast<size_t>(chunk)];
    part.sum.assign(static_cast<size_t>(d), 0.0);
    part.square.assign(static_cast<size_t>(d), 0.0);
    kern.column_moments(view, first, count, part.sum.data(), part.square.data());
  });
  for (const moments& part : parts)
    for (size_t k = 0; k < part.sum.size(); ++k) {
      into.sum[k] += part.sum[k];
      into.square[k] += part.square[k];
    }
}

// A mean is worth subtracting where it makes up nearly all of a column. It is rounded to a step of about the deviation,
// so that few of its bits are set and a shifted element seldom needs more than its own.
float worthwhile_shift(double sum, double square, double rows) {
  constexpr double share = 0.95;
  const double mean = sum / rows, mean_square = square / rows;
  if (!(mean * mean > share * mean_square)) return 0.0f;
  const double deviation = std::sqrt(std::max(0.0, mean_square - mean * mean));
  const double step = std::max(std::ldexp(1.0, std::ilogb(std::max(deviation, 1e-300))), std::fabs(mean) * 0x1p-23);
  return static_cast<float>(std::round(mean / step) * step);
}

void mark_inexact(const cpu::kernels& kern, const rows_view& view, const visit& how, const float* shift, std::vector<uint8_t>& inexact) {
  std::vector<std::vector<uint8_t>> parts(most_chunks);
  chunked(view.of, how, [&](int64_t chunk, int64_t first, int64_t count) {
    std::vector<uint8_t>& part = parts[static_cast<size_t>(chunk)];
    part.assign(inexact.size(), 0);
    kern.inexact_shift(view, first, count, shift, part.data());
  });
  for (const auto& part : parts)
    for (size_t k = 0; k < part.size(); ++k) inexact[k] |= part[k];
}

// A row too short to become a unit row: it was divided by the smallest norm, and is not divided again.
bool is_clamped(const rows_view& view, int64_t r) {
  return view.scale && view.scale[view.row(r)] >= static_cast<float>(1.0 / smallest_norm);
}

bool is_bf16_pair(const pair_params& pair) { return pair.x.type == dtype::bfloat16 && pair.y.type == dtype::bfloat16; }

}  // namespace

traits traits_of(metric_id metric) {
  switch (metric) {
#define WARPWEFT_TRAITS(name) \
  case metric_id::name: \
    return {WARPWEFT_ISA::name::scalar, WARPWEFT_ISA::name::safety, WARPWEFT_ISA::name::on_unit_rows, \
            WARPWEFT_ISA::name::symmetric_difference};
    WARPWEFT_DISTANCE_LIST(WARPWEFT_TRAITS)
#undef WARPWEFT_TRAITS
    default: return {row_scalar::none, exact::none, false, false};
  }
}

operands::operands(const pair_params& pair, const visit& how) : metric_(pair.metric), self_(pair.self), kern_(cpu::in_use().float32) {
  x_.of = pair.x;
  y_.of = pair.y;
  if (how.unit_rows) {
    to_unit(x_, x_side_, how);
    if (self_)
      y_.scale = x_.scale;
    else
      to_unit(y_, y_side_, how);
  }
  x_.order = how.x_order;
  y_.order = how.y_order;
  const traits t = traits_of(metric_);
  if (t.safety == exact::difference) centre(how);
  const cpu::kernels* pairs = cpu::in_use().bf16_pairs;
  if (pairs && is_bf16_pair(pair) && !how.unit_rows && !x_.shift) kern_ = pairs;
  if (t.scalar == row_scalar::none) return;
  measure(x_, x_side_, how);
  if (!self_) measure(y_, y_side_, how);
}

cpu::score_stage operands::stage(const score_context& context) const {
  return {&context, strips_in_use().score[static_cast<int>(metric_)]};
}

void operands::centre(const visit& how) {
  const int64_t d = x_.of.columns, rows = x_.of.rows + (self_ ? 0 : y_.of.rows);
  if (d == 0 || rows == 0) return;
  const cpu::kernels& kern = *cpu::in_use().float32;
  moments all{std::vector<double>(static_cast<size_t>(d)), std::vector<double>(static_cast<size_t>(d))};
  add_moments(kern, x_, how, all);
  if (!self_) add_moments(kern, y_, how, all);
  std::vector<float> shift(static_cast<size_t>(d));
  for (size_t k = 0; k < shift.size(); ++k) shift[k] = worthwhile_shift(all.sum[k], all.square[k], static_cast<double>(rows));
  const auto useful = [&] { return std::any_of(shift.begin(), shift.end(), [](float s) { return s != 0.0f; }); };
  if (!useful()) return;
  std::vector<uint8_t> inexact(static_cast<size_t>(d));
  mark_inexact(kern, x_, how, shift.data(), inexact);
  if (!self_) mark_inexact(kern, y_, how, shift.data(), inexact);
  for (size_t k = 0; k < shift.size(); ++k)
    if (inexact[k]) shift[k] = 0.0f;
  if (!useful()) return;
  shift_.resize(d);
  std::copy(shift.begin(), shift.end(), shift_.data());
  x_.shift = y_.shift = shift_.data();
}

void operands::measure(const rows_view& view, side& of, const visit& how) const {
  const int64_t rows = view.of.rows;
  const traits t = traits_of(metric_);
  of.norm.resize(rows + panel_padding);
  of.scalar.resize(rows + panel_padding);
  const cpu::kernels& kern = *cpu::in_use().float32;
  chunked(view.of, how, [&](int64_t, int64_t first, int64_t count) {
    kern.square_norms(view, first, count, of.norm.data() + first);
    for (int64_t i = first; i < first + count; ++i) {
      if (t.scalar == row_scalar::square_norm) {
        of.scalar[i] = static_cast<float>(of.norm[i]);
      } else {
        const double norm = std::sqrt(of.norm[i]);
        of.norm[i] = is_clamped(view, i) ? 1.0 : norm < smallest_norm ? smallest_norm : norm;
        of.scalar[i] = static_cast<float>(1.0 / of.norm[i]);
      }
    }
  });
  std::fill_n(of.scalar.data() + rows, panel_padding, 0.0f);
  std::fill_n(of.norm.data() + rows, panel_padding, 1.0);
}

void operands::to_unit(rows_view& view, side& of, const visit& how) const {
  of.scale.resize(view.of.rows);
  const cpu::kernels& kern = *cpu::in_use().float32;
  chunked(view.of, how, [&](int64_t, int64_t first, int64_t count) {
    std::vector<double> squares(static_cast<size_t>(count));
    kern.square_norms(view, first, count, squares.data());
    for (int64_t i = 0; i < count; ++i) {
      const double norm = std::sqrt(squares[static_cast<size_t>(i)]);
      of.scale[first + i] = static_cast<float>(1.0 / (norm < smallest_norm ? smallest_norm : norm));
    }
  });
  view.scale = of.scale.data();
}

}  // namespace warpweft::distance
