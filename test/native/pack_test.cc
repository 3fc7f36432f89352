// Packing of every instruction set and format: strides, transposed views, 16-bit storage, order, scale, shift, edges.
#include <functional>
#include <memory>
#include <numeric>

#include "data.h"
#include "places.h"

namespace {

using warpweft::dtype;
using warpweft::matrix;
using warpweft::rows_view;
using warpweft::cpu::kernels;

// Rows in fenced memory, as a view and as plain numbers.
struct source {
  source(dtype type, int64_t rows, int64_t columns, int64_t gap, bool transposed) {
    const int64_t stride = columns + gap, size = rows == 0 || columns == 0 ? 0
                                                 : transposed              ? rows * (columns + gap)
                                                                           : (rows - 1) * stride + columns;
    view.of.type = type;
    view.of.rows = rows;
    view.of.columns = columns;
    view.of.stride = transposed ? 1 : stride;
    view.of.step = transposed ? rows : 1;
    data::rng random(static_cast<uint32_t>(rows * 4099 + columns));
    if (type == dtype::float32) {
      floats = std::make_unique<data::fenced<float>>(size);
      for (float& v : *floats) v = data::uniform(random, -4, 4);
      view.of.data = floats->data();
    } else {
      halves = std::make_unique<data::fenced<uint16_t>>(size);
      // Finite numbers of any size that both formats have.
      for (uint16_t& v : *halves) v = static_cast<uint16_t>(random() & 0xbfff);
      view.of.data = halves->data();
    }
  }
  float raw(int64_t row, int64_t k) const {
    const int64_t at = row * view.of.stride + k * view.of.step;
    return floats ? (*floats)[at] : static_cast<float>(data::half_value((*halves)[at], view.of.type));
  }
  // What visited row r shows in column k.
  float seen(int64_t r, int64_t k) const {
    const int64_t row = view.row(r);
    float v = raw(row, k);
    if (view.scale) v *= view.scale[row];
    if (view.shift) v -= view.shift[k];
    return v;
  }

  rows_view view;
  std::unique_ptr<data::fenced<float>> floats;
  std::unique_ptr<data::fenced<uint16_t>> halves;
};

struct dressing {
  bool order, scale, shift;
};

// Dresses the view and calls body(source, words). Orders visit some rows twice and others never.
void dressed(source& s, const dressing& with, const std::function<void()>& body) {
  const int64_t rows = s.view.of.rows, columns = s.view.of.columns;
  data::rng random(7);
  data::fenced<int32_t> order(rows);
  for (int32_t& row : order) row = static_cast<int32_t>(random() % static_cast<uint32_t>(rows));
  data::fenced<float> scale(rows), shift(columns);
  for (float& v : scale) v = data::uniform(random, 0.1f, 2);
  for (float& v : shift) v = data::uniform(random, -3, 3);
  if (with.order) s.view.order = order.data();
  if (with.scale) s.view.scale = scale.data();
  if (with.shift) s.view.shift = shift.data();
  body();
}

constexpr dressing plain{false, false, false};
constexpr dressing dressings[] = {plain, {true, false, false}, {false, true, false}, {false, false, true}, {true, true, true}};

// Column `part` of a packed word.
float column_of(const kernels& kern, float word, int part) {
  if (kern.columns == 1) return word;
  return data::from_bits(part == 0 ? data::bits(word) << 16 : data::bits(word) & 0xffff0000u);
}

void check_panel(const kernels& kern, const source& s, int64_t first, int width, bool rows) {
  const int64_t depth = kern.depth(s.view.of.columns);
  data::fenced<float> out(depth * width);
  std::fill(out.begin(), out.end(), NAN);
  (rows ? kern.pack_rows : kern.pack_lanes)(s.view, first, out.data());
  for (int64_t k = 0; k < depth * kern.columns; ++k)
    for (int i = 0; i < width; ++i) {
      const bool inside = first + i < s.view.of.rows && k < s.view.of.columns;
      const float got =
          column_of(kern, out[places::packed_at(kern, width, depth, k / kern.columns, i)], static_cast<int>(k % kern.columns));
      const float want = inside ? s.seen(first + i, k) : 0.0f;
      CHECK(data::same(got, want), "row ", first + i, " of ", s.view.of.rows, ", column ", k, " of ", s.view.of.columns, " is ", got,
            ", wanted ", want);
    }
}

void check_panels(const kernels& kern, const source& s) {
  for (const bool rows : {false, true}) {
    const int width = rows ? kern.rows : kern.lanes;
    for (int64_t first = 0; first < s.view.of.rows; first += width) check_panel(kern, s, first, width, rows);
  }
}

std::vector<int64_t> row_counts(const kernels& kern) {
  return {1, kern.rows - 1, kern.rows, kern.rows + 1, kern.lanes - 1, kern.lanes, 2 * kern.lanes + 3};
}
constexpr int64_t column_counts[] = {1, 2, 3, 63, 64, 65, 129};

}  // namespace

TEST_EACH_TABLE("panels hold every row's columns and zeros beyond") {
  const std::vector<dtype> types =
      kern.columns == 1 ? std::vector{dtype::float32, dtype::float16, dtype::bfloat16} : std::vector{dtype::bfloat16};
  for (const dtype type : types)
    for (const int64_t rows : row_counts(kern))
      for (const int64_t columns : column_counts)
        for (const int64_t gap : {0, 5}) {
          source s(type, rows, columns, gap, false);
          check_panels(kern, s);
        }
}

TEST_EACH_TABLE("panels apply order, scale and shift") {
  for (const dressing& with : dressings) {
    if (kern.columns != 1 && (with.scale || with.shift)) continue;  // pairs are packed as they are stored
    for (const dtype type : {dtype::float32, dtype::float16, dtype::bfloat16}) {
      if (kern.columns != 1 && type != dtype::bfloat16) continue;
      for (const int64_t columns : {1, 70}) {
        source s(type, 2 * kern.lanes + 1, columns, 3, false);
        dressed(s, with, [&] { check_panels(kern, s); });
      }
    }
  }
}

TEST_EACH("panels of a transposed view") {
  const kernels& kern = *warpweft::cpu::in_use().float32;  // pairs of columns are contiguous
  for (const dressing& with : dressings)
    for (const int64_t rows : row_counts(kern))
      for (const int64_t columns : {1, 65}) {
        source s(dtype::float32, rows, columns, 0, true);
        dressed(s, with, [&] { check_panels(kern, s); });
      }
}

TEST_EACH_TABLE("pack_columns turns rows into depth, rounded where a word holds two") {
  const int a_word = kern.rows_a_word;
  for (const dtype type : {dtype::float32, dtype::float16, dtype::bfloat16})
    for (const dressing& with : dressings)
      for (const int64_t columns : {1, 7, 64, 67, 130}) {
        source s(type, 11, columns, 2, false);
        dressed(s, with, [&] {
          const int64_t first = 2, count = 9, panels = (columns + kern.rows - 1) / kern.rows;
          const int64_t depth = (count + a_word - 1) / a_word, size = depth * kern.rows, stride = size + 24;
          data::fenced<float> out((panels - 1) * stride + size);
          std::fill(out.begin(), out.end(), -1.0f);
          kern.pack_columns(s.view, first, count, out.data(), stride);
          for (int64_t k = 0; k < panels * kern.rows; ++k)
            for (int64_t q = 0; q < depth * a_word; ++q) {
              const float word = out[k / kern.rows * stride + q / a_word * kern.rows + k % kern.rows];
              const float got = a_word == 1 ? word : column_of(kern, word, static_cast<int>(q % a_word));
              const float seen = k < columns && q < count ? s.seen(first + q, k) : 0.0f,
                          want = a_word == 1 ? seen : data::rounded_to_pairs(seen);
              CHECK(data::same(got, want), "row ", first + q, ", column ", k, " of ", columns, " is ", got, ", wanted ", want);
            }
          for (int64_t p = 0; p + 1 < panels; ++p)
            for (int64_t i = size; i < stride; ++i) CHECK_EQ(out[p * stride + i], -1.0f, "between panels");
        });
      }
}

TEST_EACH_TABLE("read_row gives one row as float32") {
  for (const dtype type : {dtype::float32, dtype::float16, dtype::bfloat16})
    for (const dressing& with : dressings)
      for (const int64_t columns : {0, 1, 64, 100}) {
        source s(type, 5, columns, 1, false);
        dressed(s, with, [&] {
          data::fenced<float> out(columns);
          for (int64_t r = 0; r < 5; ++r) {
            kern.read_row(s.view, r, out.data());
            for (int64_t k = 0; k < columns; ++k) CHECK(data::same(out[k], s.seen(r, k)), "row ", r, ", column ", k, " is ", out[k]);
          }
        });
      }
}
