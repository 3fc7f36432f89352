// The one loop: every row meets every lane once, and the bits do not depend on threads.
#include "cpu/sweep.h"

#include <atomic>
#include <cstring>

#include "data.h"
#include "places.h"

namespace {

using warpweft::dtype;
using warpweft::cpu::fold_verbs;
using warpweft::cpu::kernels;
using warpweft::cpu::strip;
using warpweft::cpu::sweep;

// Element k of row i: small integers, so that dots are exact.
float element(int64_t i, int64_t k) { return static_cast<float>((i * 7 + k * 3) % 5 - 2); }

data::fenced<float>& fill(data::fenced<float>& memory, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < columns; ++k) memory[i * columns + k] = element(i, k);
  return memory;
}

warpweft::rows_view view_of(data::fenced<float>& memory, int64_t rows, int64_t columns) {
  warpweft::rows_view v;
  v.of.data = fill(memory, rows, columns).data();
  v.of.rows = rows;
  v.of.columns = v.of.stride = columns;
  return v;
}

// What a fold sees, written down. A state belongs to a panel and a range of its rows.
struct witness {
  struct state {
    int64_t lane0, serial, joined, last_row, steps;
  };
  int64_t lanes, rows, columns;
  int64_t dots_every;  // that many pairs to one whose dot is compared
  const kernels* kern;
  bool transposed;
  std::vector<uint8_t> met;  // [lanes][rows]
  std::vector<int64_t> states_of_panel, done_of_panel;
  std::atomic<int> wrong_dots{0}, wrong_transposed{0}, wrong_order{0}, wrong_panel{0}, wrong_join{0}, wrong_size{0}, unaligned{0};

  witness(int64_t lanes_, int64_t rows_, int64_t columns_, const kernels& kern_, bool transposed_)
      : lanes(lanes_), rows(rows_), columns(columns_), dots_every(std::max<int64_t>(1, lanes_ * rows_ * columns_ / 300000)), kern(&kern_),
        transposed(transposed_), met(static_cast<size_t>(lanes_ * rows_)),
        states_of_panel(static_cast<size_t>((lanes_ + kern_.lanes - 1) / kern_.lanes)), done_of_panel(states_of_panel.size()) {}
  static witness& of(const void* context) { return *const_cast<witness*>(static_cast<const witness*>(context)); }

  static void zero(const void* context, void* at, int64_t lane0, int count) {
    witness& w = of(context);
    state& s = *static_cast<state*>(at);
    if (reinterpret_cast<uintptr_t>(at) % 64) ++w.unaligned;
    if (count != std::min<int64_t>(w.kern->lanes, w.lanes - lane0) || lane0 % w.kern->lanes) ++w.wrong_size;
    s = {lane0, w.states_of_panel[static_cast<size_t>(lane0 / w.kern->lanes)]++, 0, -1, 0};
  }
  static void step(const void* context, void* at, const strip& part) {
    witness& w = of(context);
    state& s = *static_cast<state*>(at);
    if (part.lane0 != s.lane0) ++w.wrong_panel;
    if (part.row0 <= s.last_row || part.rows < 1) ++w.wrong_order;
    if (part.lanes != std::min<int64_t>(w.kern->lanes, w.lanes - part.lane0) || part.row0 + part.rows > w.rows) ++w.wrong_size;
    s.last_row = part.row0 + part.rows - 1;
    ++s.steps;
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) w.meet(part, r, l);
    if (w.transposed) w.check_transposed(part);
  }
  void meet(const strip& part, int r, int l) {
    const int64_t row = part.row0 + r, lane = part.lane0 + l;
    ++met[static_cast<size_t>(lane * rows + row)];
    if ((row * lanes + lane) % dots_every) return;
    double dot = 0;
    for (int64_t k = 0; k < columns; ++k) dot += static_cast<double>(element(row, k)) * element(lane, k);
    if (part.s[r * kern->lanes + l] != dot) ++wrong_dots;
  }
  void check_transposed(const strip& part) {
    for (int r = 0; r < part.rows; r += 3)
      for (int64_t k = r % 5; k < columns; k += 5)
        if (part.t[k / kern->rows * part.t_stride + r * kern->rows + k % kern->rows] != element(part.row0 + r, k)) ++wrong_transposed;
  }
  static void join(const void* context, void* into, const void* from) {
    witness& w = of(context);
    state& s = *static_cast<state*>(into);
    const state& other = *static_cast<const state*>(from);
    if (other.lane0 != s.lane0 || s.serial != 0 || other.serial != ++s.joined) ++w.wrong_join;
  }
  static void done(const void* context, void* at, int64_t lane0, int) {
    witness& w = of(context);
    const size_t panel = static_cast<size_t>(lane0 / w.kern->lanes);
    if (static_cast<state*>(at)->joined + 1 != w.states_of_panel[panel]) ++w.wrong_join;
    ++w.done_of_panel[panel];
  }

  fold_verbs verbs(int64_t state_bytes) const {
    fold_verbs f;
    f.context = this;
    f.state_bytes = std::max<int64_t>(state_bytes, sizeof(state));
    f.zero = zero;
    f.step = step;
    f.join = join;
    f.done = done;
    return f;
  }
  void check(const std::string& where) {
    for (const auto& [count, what] : {std::pair<int, const char*>{wrong_dots, "dots"},
                                      {wrong_transposed, "transposed rows"},
                                      {wrong_order, "order"},
                                      {wrong_panel, "panels"},
                                      {wrong_join, "joins"},
                                      {wrong_size, "sizes"},
                                      {unaligned, "alignment"}})
      CHECK_EQ(count, 0, what, where);
    for (const int64_t times : done_of_panel) CHECK_EQ(times, int64_t{1}, "done", where);
  }
};

struct shape {
  int64_t lanes, rows, columns, state_bytes;
  bool transposed, whole;
};

// Round the tile's edges; few lanes for many rows (ranges); states so large that lanes come in blocks; rows in blocks.
std::vector<shape> shapes(const kernels& kern) {
  std::vector<shape> all;
  for (const int64_t lanes : {1, kern.lanes - 1, kern.lanes, kern.lanes + 1})
    for (const int64_t rows : {1, kern.rows - 1, kern.rows, kern.rows + 1, 130}) all.push_back({lanes, rows, 9, 0, lanes % 2 == 0, false});
  all.push_back({5, 3000, 3, 0, false, false});
  all.push_back({5, 3000, 3, 0, false, true});
  all.push_back({2 * kern.lanes, 2500, 40, 0, true, false});
  all.push_back({7 * kern.lanes + 2, 70, 1, 3 << 20, false, false});
  all.push_back({3 * kern.lanes + 1, 700, 2100, 0, false, false});
  all.push_back({kern.lanes + 1, 500, 2100, 0, true, false});
  all.push_back({400, 300, 0, 0, false, false});
  return all;
}

void run_sweep(const shape& s, witness& w, int threads, const int64_t* begin, const int64_t* end) {
  data::fenced<float> lanes(s.lanes * s.columns), rows(s.rows * s.columns);
  sweep work;
  work.kern = w.kern;
  work.lanes = view_of(lanes, s.lanes, s.columns);
  work.rows = view_of(rows, s.rows, s.columns);
  work.fold = w.verbs(s.state_bytes);
  work.fold.whole = s.whole;
  work.transposed = s.transposed;
  work.begin = begin;
  work.end = end;
  work.threads = threads;
  warpweft::cpu::run(work);
}

std::string words(const shape& s, int threads) {
  return harness::words(" of ", s.lanes, " lanes, ", s.rows, " rows, ", s.columns, " columns, ", threads, " threads");
}

// A fold whose float32 sums show every change of order.
struct ordered_sum {
  int64_t lanes;
  std::vector<float> out;
  static void zero(const void*, void* state, int64_t, int) { std::memset(state, 0, 64 * sizeof(float)); }
  static void step(const void*, void* state, const strip& part) {
    float* sum = static_cast<float*>(state);
    for (int r = 0; r < part.rows; ++r)
      for (int l = 0; l < part.lanes; ++l) sum[l] += part.s[r * part.kern->lanes + l] * (1.0f + 1e-3f * static_cast<float>(part.row0 + r));
  }
  static void join(const void*, void* into, const void* from) {
    for (int l = 0; l < 64; ++l) static_cast<float*>(into)[l] += static_cast<const float*>(from)[l];
  }
  static void done(const void* context, void* state, int64_t lane0, int count) {
    std::copy_n(static_cast<float*>(state), count, const_cast<ordered_sum*>(static_cast<const ordered_sum*>(context))->out.begin() + lane0);
  }
};

}  // namespace

TEST_EACH("every row meets every lane once, in order, with the right dot") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  for (const shape& s : shapes(kern))
    for (const int threads : {1, 3}) {
      witness w(s.lanes, s.rows, s.columns, kern, s.transposed);
      run_sweep(s, w, threads, nullptr, nullptr);
      w.check(words(s, threads));
      const auto missed = std::count_if(w.met.begin(), w.met.end(), [](uint8_t times) { return times != 1; });
      CHECK_EQ(missed, 0, "pairs not met once", words(s, threads));
    }
}

TEST_EACH("a panel that asks for a range of rows meets those once, and no more than a tile before them") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  data::rng random(9);
  for (const shape& s : shapes(kern)) {
    const int64_t panels = (s.lanes + kern.lanes - 1) / kern.lanes;
    std::vector<int64_t> begin, end;
    for (int64_t p = 0; p < panels; ++p) {
      begin.push_back(random() % static_cast<uint32_t>(s.rows + 1));
      end.push_back(begin.back() + random() % static_cast<uint32_t>(s.rows - begin.back() + 1));
    }
    witness w(s.lanes, s.rows, s.columns, kern, s.transposed);
    run_sweep(s, w, 3, begin.data(), end.data());
    w.check(words(s, 3));
    int missed = 0, strangers = 0;
    for (int64_t lane = 0; lane < s.lanes; ++lane)
      for (int64_t row = 0; row < s.rows; ++row) {
        const size_t p = static_cast<size_t>(lane / kern.lanes);
        const int times = w.met[static_cast<size_t>(lane * s.rows + row)];
        if (row >= begin[p] && row < end[p])
          missed += times != 1;
        else if (row >= end[p] || row < begin[p] - kern.rows + 1)
          strangers += times;
      }
    CHECK_EQ(missed, 0, words(s, 3));
    CHECK_EQ(strangers, 0, words(s, 3));
  }
}

TEST_EACH("a sweep's result has the same bits for 1, 2 and 7 threads") {
  const kernels& kern = *warpweft::cpu::in_use().float32;
  for (const auto& [lanes, rows] : {std::pair<int64_t, int64_t>{7, 9000}, {1100, 300}, {300, 1100}}) {
    constexpr int64_t columns = 33;
    data::rng random(10);
    const std::vector<float> x = data::uniforms(random, lanes * columns, -1, 1), y = data::uniforms(random, rows * columns, -1, 1);
    std::vector<float> first;
    for (const int threads : {1, 2, 7}) {
      ordered_sum sums{lanes, std::vector<float>(static_cast<size_t>(lanes))};
      sweep work;
      work.kern = &kern;
      work.lanes.of = {x.data(), dtype::float32, lanes, columns, columns, 1};
      work.rows.of = {y.data(), dtype::float32, rows, columns, columns, 1};
      work.fold = {&sums, 64 * sizeof(float), ordered_sum::zero, ordered_sum::step, ordered_sum::join, ordered_sum::done, false};
      work.threads = threads;
      warpweft::cpu::run(work);
      if (first.empty()) first = sums.out;
      CHECK(std::memcmp(first.data(), sums.out.data(), first.size() * 4) == 0, lanes, " lanes, ", rows, " rows, ", threads, " threads");
    }
  }
}

TEST_EACH("a cancelled sweep says ERR_ABORTED") {
  struct stopping : warpweft::job {
    void report(int64_t, int64_t) override { cancel(); }
  } control;
  const kernels& kern = *warpweft::cpu::in_use().float32;
  const shape s{3 * kern.lanes, 3000, 500, 3 << 20, false, false};
  witness w(s.lanes, s.rows, s.columns, kern, false);
  data::fenced<float> lanes(s.lanes * s.columns), rows(s.rows * s.columns);
  sweep work;
  work.kern = &kern;
  work.lanes = view_of(lanes, s.lanes, s.columns);
  work.rows = view_of(rows, s.rows, s.columns);
  work.fold = w.verbs(s.state_bytes);
  work.threads = 2;
  work.control = &control;
  std::string code = "none";
  try {
    warpweft::cpu::run(work);
  } catch (const warpweft::coded_error& e) {
    code = e.code;
  }
  CHECK_EQ(code, "ERR_ABORTED");
}
