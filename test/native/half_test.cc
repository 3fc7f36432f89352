// Rows that meet themselves: half of the square of pairs, folded from both sides, comes to what the whole would.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>

#include "cpu/sweep.h"
#include "data.h"
#include "places.h"

namespace {

using warpweft::dtype;
using warpweft::cpu::kernels;
using warpweft::cpu::strip;
using warpweft::cpu::sweep;
using warpweft::cpu::up_to_multiple;

struct shape {
  int64_t rows, columns, state_bytes;
};

// The same from either side. Whole numbers, so that sums are exact in float32.
float weight(float dot, int64_t i, int64_t j) { return dot + static_cast<float>(i * j % 7); }

struct square {
  const kernels& kern;
  const shape of;
  const std::vector<float> x;
  std::vector<float> out;    // [rows, columns + 1] Σ_j w_ij x_j, and Σ_j w_ij
  std::vector<uint8_t> met;  // [rows, rows] by lane and row, row > lane
  std::vector<int> turned_blocks;
  std::atomic<int> wrong{0};

  square(const kernels& kern_, const shape& of_, const std::vector<float>& x_)
      : kern(kern_), of(of_), x(x_), out(static_cast<size_t>(of_.rows * (of_.columns + 1))), met(static_cast<size_t>(of_.rows * of_.rows)),
        turned_blocks(static_cast<size_t>(of_.rows)) {}
  static square& at(const void* context) { return *const_cast<square*>(static_cast<const square*>(context)); }
  int64_t width() const { return up_to_multiple(of.columns, kern.rows); }
  int64_t floats() const { return (width() + 1) * kern.lanes; }
  float& sum(int64_t row, int64_t k) { return out[static_cast<size_t>(row * (of.columns + 1) + k)]; }

  // Weights take the place of dots, zeros where the row is not behind the lane.
  void leave_weights(const strip& part) {
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) {
        const int64_t row = part.row0 + r, lane = part.lane0 + l;
        float& s = part.s[r * kern.lanes + l];
        if (row > lane) ++met[static_cast<size_t>(lane * of.rows + row)];
        s = row > lane ? weight(s, row, lane) : 0.0f;
      }
  }
  void add(const float* state, int64_t first, int count) {
    for (int l = 0; l < count; ++l) {
      for (int64_t k = 0; k < of.columns; ++k) sum(first + l, k) += state[k * kern.lanes + l];
      sum(first + l, of.columns) += state[width() * kern.lanes + l];
    }
  }

  static void zero(const void* context, void* state, int64_t, int) { std::fill_n(static_cast<float*>(state), at(context).floats(), 0.0f); }
  static void step(const void* context, void* state, const strip& part) {
    square& s = at(context);
    s.leave_weights(part);
    float* acc = static_cast<float*>(state);
    if (part.t) s.kern.accumulate(part.t, part.t_stride, s.width() / s.kern.rows, part.s, part.rows, acc);
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) acc[s.width() * s.kern.lanes + l] += part.s[r * s.kern.lanes + l];
  }
  static void join(const void* context, void* into, const void* from) {
    for (int64_t i = 0; i < at(context).floats(); ++i) static_cast<float*>(into)[i] += static_cast<const float*>(from)[i];
  }
  static void done(const void* context, void* state, int64_t lane0, int lanes) {
    at(context).add(static_cast<const float*>(state), lane0, lanes);
  }

  static void turned_zero(const void* context, void* state) { zero(context, state, 0, 0); }
  static void turned_step(const void* context, void* state, const strip& part) {
    square& s = at(context);
    float* acc = static_cast<float*>(state);
    s.kern.accumulate(part.t, part.t_stride, s.width() / s.kern.rows, part.s, part.rows, acc);
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) acc[s.width() * s.kern.lanes + l] += part.s[r * s.kern.lanes + l];
  }
  static void turned_done(const void* context, void* state, int64_t row0, int rows, bool first, bool last) {
    square& s = at(context);
    for (int r = 0; r < rows; ++r) s.wrong += first != (s.turned_blocks[static_cast<size_t>(row0 + r)]++ == 0);
    s.wrong += last;
    s.add(static_cast<const float*>(state), row0, rows);
  }

  // A strip of rows and its Σ over lanes.
  static void rows_zero(const void*, void* state, int64_t, int) { std::memset(state, 0, warpweft::cpu::plain_strip_rows * 4); }
  static void rows_step(const void* context, void* state, const strip& part) {
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) static_cast<float*>(state)[r] += part.s[r * at(context).kern.lanes + l];
  }
  static void rows_join(const void*, void* into, const void* from) {
    for (int r = 0; r < warpweft::cpu::plain_strip_rows; ++r) static_cast<float*>(into)[r] += static_cast<const float*>(from)[r];
  }
  static void rows_done(const void* context, void* state, int64_t row0, int rows) {
    square& s = at(context);
    for (int r = 0; r < rows; ++r) s.sum(row0 + r, s.of.columns) += static_cast<const float*>(state)[r];
  }

  // With the gradient-like sums, or the plain sums of weights alone.
  void run(bool products, int threads) {
    sweep work;
    work.kern = &kern;
    work.lanes.of = work.rows.of = {x.data(), dtype::float32, of.rows, of.columns, of.columns, 1};
    work.half = true;
    work.fold.context = this;
    work.fold.state_bytes = std::max(of.state_bytes, floats() * 4);
    work.fold.zero = zero;
    work.fold.step = step;
    work.fold.join = join;
    work.fold.done = done;
    if (products) {
      work.transposed = true;
      work.turned = {this, floats() * 4, turned_zero, turned_step, turned_done};
    } else {
      work.row_fold.context = this;
      work.row_fold.state_bytes = warpweft::cpu::plain_strip_rows * 4;
      work.row_fold.zero = rows_zero;
      work.row_fold.step = rows_step;
      work.row_fold.join = rows_join;
      work.row_fold.done = rows_done;
    }
    work.threads = threads;
    warpweft::cpu::run(work);
  }

  int missed() const {
    int count = 0;
    for (int64_t lane = 0; lane < of.rows; ++lane)
      for (int64_t row = lane + 1; row < of.rows; ++row) count += met[static_cast<size_t>(lane * of.rows + row)] != 1;
    return count;
  }
  // Sums that are not those of all pairs but a row with itself; of some rows, [from, columns].
  int off(int64_t from) {
    int count = 0;
    for (int64_t i = 0; i < of.rows; i += 7) {
      std::vector<double> want(static_cast<size_t>(of.columns + 1));
      for (int64_t j = 0; j < of.rows; ++j) {
        if (j == i) continue;
        const float *a = x.data() + i * of.columns, *b = x.data() + j * of.columns;
        const float w = weight(std::inner_product(a, a + of.columns, b, 0.0f), i, j);
        for (int64_t k = 0; k < of.columns; ++k) want[static_cast<size_t>(k)] += static_cast<double>(w) * static_cast<double>(b[k]);
        want.back() += static_cast<double>(w);
      }
      for (int64_t k = from; k <= of.columns; ++k) count += static_cast<double>(sum(i, k)) != want[static_cast<size_t>(k)];
    }
    return count;
  }
};

}  // namespace

TEST_EACH("half a square of rows with themselves, from both sides, is the whole, with the same bits for 1, 2 and 7 threads") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  const int64_t side = kern.lanes;
  data::rng random(33);
  for (const shape& s : {shape{1, 3, 64}, shape{side - 1, 9, 64}, shape{side + 1, 9, 64}, shape{150, 5, 64}, shape{700, 5, 2 << 20},
                         shape{1100, 33, 1 << 20}, shape{300, 1100, 64}, shape{200, 0, 64}}) {
    std::vector<float> x(static_cast<size_t>(s.rows * s.columns));
    for (float& v : x) v = static_cast<float>(random() % 5) - 2;
    for (const bool products : {true, false}) {
      std::vector<float> first;
      for (const int threads : {1, 2, 7}) {
        square found(kern, s, x);
        found.run(products, threads);
        const std::string where =
            harness::words(" of ", s.rows, " rows, ", s.columns, " columns, ", threads, " threads, ", products ? "products" : "sums alone");
        CHECK_EQ(found.missed(), 0, "pairs not met once", where);
        CHECK_EQ(found.wrong.load(), 0, "blocks", where);
        if (first.empty()) {
          first = found.out;
          CHECK_EQ(found.off(products ? 0 : s.columns), 0, where);
        }
        CHECK(std::memcmp(first.data(), found.out.data(), first.size() * 4) == 0, where);
      }
    }
  }
}
