// The second pass over a block: from what steps left in the strips every row has its sum over lanes, whatever the cut and the threads.
#include <algorithm>
#include <atomic>
#include <cstring>

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
  int64_t lanes, rows, columns, state_bytes;
};

// What a pair weighs, left in place of its dot.
float weight(float dot, int64_t row, int64_t lane) { return dot + static_cast<float>((row * 3 + lane * 5) % 7); }

// Σ over lanes of weight · the lane's row, for each row.
struct sums {
  const kernels& kern;
  shape of;
  std::vector<float> out;
  std::vector<int> blocks;  // done of each row's panel so far
  std::atomic<int> wrong_first{0}, wrong_last{0}, wrong_size{0}, wrong_order{0};

  sums(const kernels& kern_, const shape& of_)
      : kern(kern_), of(of_), out(static_cast<size_t>(of_.rows * of_.columns)), blocks(static_cast<size_t>(of_.rows)) {}
  static sums& at(const void* context) { return *const_cast<sums*>(static_cast<const sums*>(context)); }
  int64_t width() const { return up_to_multiple(of.columns, kern.rows); }
  int64_t bytes() const { return (width() * kern.lanes + 16) * 4; }

  static void leave_weights(const void*, void*, const strip& part) {
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) {
        float& s = part.s[r * part.kern->lanes + l];
        s = weight(s, part.row0 + r, part.lane0 + l);
      }
  }
  static void zero(const void* context, void* state) { std::memset(state, 0, static_cast<size_t>(at(context).bytes())); }
  static void step(const void* context, void* state, const strip& part) {
    sums& s = at(context);
    float* acc = static_cast<float*>(state);
    float& next = acc[s.width() * s.kern.lanes];  // the lane that is to come, as blocks begin with any
    if (next != 0 && next != static_cast<float>(part.row0)) ++s.wrong_order;
    next = static_cast<float>(part.row0 + part.rows);
    if (part.rows < 1 || part.row0 + part.rows > s.of.lanes || part.lane0 + part.lanes > s.of.rows) ++s.wrong_size;
    s.kern.accumulate(part.t, part.t_stride, s.width() / s.kern.rows, part.s, part.rows, acc);
  }
  static void done(const void* context, void* state, int64_t row0, int rows, bool first, bool last) {
    sums& s = at(context);
    const float* acc = static_cast<const float*>(state);
    for (int r = 0; r < rows; ++r) {
      const size_t row = static_cast<size_t>(row0 + r);
      if (first != (s.blocks[row]++ == 0)) ++s.wrong_first;
      if (last != (acc[s.width() * s.kern.lanes] == static_cast<float>(s.of.lanes))) ++s.wrong_last;
      for (int64_t k = 0; k < s.of.columns; ++k)
        s.out[row * static_cast<size_t>(s.of.columns) + static_cast<size_t>(k)] += acc[k * s.kern.lanes + r];
    }
  }
};

void run(sums& s, const std::vector<float>& lanes, const std::vector<float>& rows, int threads) {
  const int64_t d = s.of.columns;
  sweep work;
  work.kern = &s.kern;
  work.lanes.of = {lanes.data(), dtype::float32, s.of.lanes, d, d, 1};
  work.rows.of = {rows.data(), dtype::float32, s.of.rows, d, d, 1};
  work.transposed = true;
  work.fold.context = &s;
  work.fold.state_bytes = s.of.state_bytes;
  work.fold.step = sums::leave_weights;
  work.fold.join = [](const void*, void*, const void*) {};
  work.turned = {&s, s.bytes(), sums::zero, sums::step, sums::done};
  work.threads = threads;
  warpweft::cpu::run(work);
}

std::string words(const shape& s, int threads) {
  return harness::words(" of ", s.lanes, " lanes, ", s.rows, " rows, ", s.columns, " columns, ", threads, " threads");
}

std::vector<float> small_integers(data::rng& random, int64_t count) {
  std::vector<float> out(static_cast<size_t>(count));
  for (float& v : out) v = static_cast<float>(random() % 5) - 2;
  return out;
}

}  // namespace

TEST_EACH("a strip turned is its transpose, with zeros behind its rows") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  data::rng random(31);
  const int stride = kern.lanes + 5;
  const std::vector<float> s = data::uniforms(random, stride * kern.lanes, -1, 1);
  for (const int rows : {0, 1, 3, 4, kern.lanes / 2, kern.lanes, stride}) {
    std::vector<float> out(s.size(), 7.0f);
    kern.turn(s.data(), rows, out.data(), stride);
    int wrong = 0;
    for (int l = 0; l < kern.lanes; ++l)
      for (int r = 0; r < stride; ++r)
        wrong += out[static_cast<size_t>(l * stride + r)] != (r < rows ? s[static_cast<size_t>(r * kern.lanes + l)] : 0.0f);
    CHECK_EQ(wrong, 0, rows, " rows");
  }
}

TEST_EACH("every row has its sum over all lanes, from one block of lanes or several, with the same bits for 1, 2 and 7 threads") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  const int64_t side = kern.lanes;
  data::rng random(32);
  for (const shape& s :
       {shape{1, 1, 1, 64}, shape{side - 1, side + 1, 9, 64}, shape{3, 2500, 5, 64}, shape{700, 3, 5, 64},
        shape{5 * side + 2, 700, 3, 2 << 20}, shape{4 * side, 1100, 33, 3 << 20}, shape{side + 1, 300, 1100, 64}, shape{300, 200, 0, 64}}) {
    const std::vector<float> lanes = small_integers(random, s.lanes * s.columns), rows = small_integers(random, s.rows * s.columns);
    std::vector<float> first;
    for (const int threads : {1, 2, 7}) {
      sums found(kern, s);
      run(found, lanes, rows, threads);
      CHECK_EQ(found.wrong_first + found.wrong_last + found.wrong_size + found.wrong_order, 0, words(s, threads));
      if (first.empty()) first = found.out;
      CHECK(std::memcmp(first.data(), found.out.data(), first.size() * 4) == 0, words(s, threads));
    }
    int wrong = 0;
    for (int64_t row = 0; row < s.rows; row += 7)
      for (int64_t k = 0; k < s.columns; k += 3) {
        double sum = 0;  // whole numbers, exact in float32 too
        for (int64_t lane = 0; lane < s.lanes; ++lane) {
          float dot = 0;
          for (int64_t c = 0; c < s.columns; ++c)
            dot += rows[static_cast<size_t>(row * s.columns + c)] * lanes[static_cast<size_t>(lane * s.columns + c)];
          sum += static_cast<double>(weight(dot, row, lane)) * lanes[static_cast<size_t>(lane * s.columns + k)];
        }
        wrong += first[static_cast<size_t>(row * s.columns + k)] != sum;
      }
    CHECK_EQ(wrong, 0, words(s, 0));
  }
}
