#include "distance/prepared.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cpu/plan.h"
#include "cpu/threads.h"

namespace warpweft::distance {
namespace {

constexpr float most_code = 127.0f;

// Calls body(panel) for every panel of rows.
template <class Body>
void each_panel(int64_t panels, const call_options& how, const Body& body) {
  constexpr int64_t together = 64;
  cpu::parallel((panels + together - 1) / together, how.threads, how.control, [&](int64_t group, int) {
    const int64_t end = std::min(panels, (group + 1) * together);
    for (int64_t panel = group * together; panel < end; ++panel) body(panel);
  });
}

}  // namespace

prepared::prepared(const prepare_params& p, const call_options& how)
    : prepared_base(p, nullptr), set_(&cpu::in_use()), given_scale_(p.scale) {
  const int64_t d = p.pair.x.columns;
  if (p.pair.whitener) whitener_.assign(p.pair.whitener, p.pair.whitener + d * d);
  // The base met by itself, up to where its rows are packed. A shift is left to float32, which alone keeps it exactly.
  operands made(p.pair, plain(how), type() == dtype::float32);
  view_.of = {nullptr, type(), p.pair.x.rows, d, d, 1};
  view_.panel = set_->float32->rows;
  pack(made.x_, how);
  if (type() == dtype::float32 && (made.x_.offset || made.x_.low)) keep_rest(made.x_, how);
  shift_ = std::move(made.shift_);
  view_.back = shift_.data();
  origin_ = std::move(made.origin_);
  const traits t = traits_of(metric());
  side_.name = p.pair.x_name;
  given_scale_ = nullptr;
  const float* scale = std::exchange(view_.scale, nullptr);
  if (t.scalar != row_scalar::none) made.measure(view_, side_, plain(how));
  view_.scale = scale;
  if (scale && t.scalar != row_scalar::none) operands::scale_known(t, side_, view_.of.rows);
}

int64_t prepared::bytes() const {
  const int64_t known = side_.scalar.size() + side_.extra.size() + side_.scale.size() + side_.low.size() + shift_.size();
  return panels_.size() + 4 * known + 8 * (side_.norm.size() + static_cast<int64_t>(whitener_.size() + origin_.size()));
}

void prepared::check_in_use() const {
  if (set_ == &cpu::in_use()) return;
  throw coded_error("ERR_ARGUMENT", std::string("base was prepared for the instruction set ") + set_->name + ", which is no longer in use");
}

void prepared::pack(const rows_view& from, const call_options& how) {
  const int64_t width = view_.panel, depth = (view_.of.columns + columns_a_word(type()) - 1) / columns_a_word(type());
  const int64_t panels = (view_.of.rows + width - 1) / width;
  panels_.resize(panels * width * depth * 4);
  view_.of.data = panels_.data();
  if (type() == dtype::int8) {
    side_.scale.resize(view_.of.rows);
    view_.scale = side_.scale.data();
  }
  each_panel(panels, how, [&](int64_t panel) { type() == dtype::float32 ? pack_float32(from, panel) : pack_other(from, panel); });
}

void prepared::pack_float32(const rows_view& from, int64_t panel) {
  set_->float32->pack_rows(from, panel * view_.panel, reinterpret_cast<float*>(panels_.data()) + panel * view_.panel * view_.of.columns);
}

// Element by element, in 16-bit numbers or codes; what fills up a panel or a word is zero.
void prepared::pack_other(const rows_view& from, int64_t panel) {
  const int64_t d = view_.of.columns, width = view_.panel, each = columns_a_word(type()), depth = (d + each - 1) / each;
  const bool codes = type() == dtype::int8;
  std::fill_n(panels_.data() + panel * width * depth * 4, width * depth * 4, static_cast<char>(codes ? 128 : 0));
  std::vector<float> row(static_cast<size_t>(d));
  std::vector<uint16_t> half(static_cast<size_t>(d));
  std::vector<int8_t> code(static_cast<size_t>(d));
  for (int64_t i = panel * width; i < std::min(view_.of.rows, (panel + 1) * width); ++i) {
    set_->float32->read_row(from, i, row.data());
    int64_t at = packed_at(type(), d, view_.panel, i, 0);
    if (codes)
      quantise(from, i, row.data(), code.data());
    else
      set_->float32->convert(row.data(), dtype::float32, half.data(), dtype::bfloat16, d);
    for (int64_t k = 0; k < d; k += each, at += width * each)
      for (int64_t c = 0; c < std::min(each, d - k); ++c) {
        const size_t from_at = static_cast<size_t>(k + c);
        if (codes)
          panels_[at + c] = static_cast<char>(code[from_at] + 128);
        else
          reinterpret_cast<uint16_t*>(panels_.data())[at + c] = half[from_at];
      }
  }
}

// value = scale · code. A tensor of codes is taken as it is.
void prepared::quantise(const rows_view& from, int64_t row, const float* values, int8_t* codes) const {
  const int64_t d = from.of.columns;
  if (from.of.type == dtype::int8) {
    side_.scale[row] = given_scale_[row];
    for (int64_t k = 0; k < d; ++k) codes[k] = static_cast<int8_t>(values[k]);
    return;
  }
  float most = 0;
  for (int64_t k = 0; k < d; ++k) {
    if (!std::isfinite(values[k]))
      throw coded_error("ERR_ARGUMENT", std::string("base must be finite to be kept as int8, got ") + std::to_string(values[k]) +
                                            " in row " + std::to_string(row));
    most = std::max(most, std::fabs(values[k]));
  }
  const float scale = given_scale_ ? given_scale_[row] : std::max(most / most_code, 1e-37f);
  side_.scale[row] = scale;
  for (int64_t k = 0; k < d; ++k) codes[k] = static_cast<int8_t>(std::clamp(std::nearbyint(values[k] / scale), -most_code, most_code));
}

// What float32 left of rows that were computed, for exact evaluations.
void prepared::keep_rest(const rows_view& from, const call_options& how) {
  const int64_t d = view_.of.columns;
  side_.low.resize(view_.of.rows * d);
  view_.low = side_.low.data();
  each_panel((view_.of.rows + view_.panel - 1) / view_.panel, how, [&](int64_t panel) {
    rows_view plain;
    plain.of = from.of;
    std::vector<float> row(static_cast<size_t>(d)), kept(static_cast<size_t>(d));
    for (int64_t i = panel * view_.panel; i < std::min(view_.of.rows, (panel + 1) * view_.panel); ++i) {
      float* low = side_.low.data() + i * d;
      if (from.low) {
        std::copy_n(from.low + i * d, d, low);
        continue;
      }
      set_->float32->read_row(plain, i, row.data());
      set_->float32->read_row(from, i, kept.data());
      for (int64_t k = 0; k < d; ++k) {
        const size_t at = static_cast<size_t>(k);
        const float rest = static_cast<float>(static_cast<double>(row[at]) - from.offset[i] - static_cast<double>(kept[at]));
        low[k] = rest == rest ? rest : 0.0f;
      }
    }
  });
}

}  // namespace warpweft::distance
