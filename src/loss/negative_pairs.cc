#include "loss/negative_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/num.h"
#include "base/order.h"
#include "cpu/buffer.h"
#include "distance/distance.h"
#include "gpu/launch.h"
#include "loss/gpu.h"
#include "loss/state.h"

namespace warpweft::loss {
namespace {

constexpr int64_t block = 1024;  // rows of a tile, and columns

// Float32 numbers as integers of the same order.
uint32_t key_of(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, 4);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
float number_of(uint32_t key) {
  const uint32_t bits = key >> 31 ? key & 0x7fffffffu : ~key;
  float v;
  std::memcpy(&v, &bits, 4);
  return v;
}

matrix rows_of(matrix of, int64_t first, int64_t count) {
  of.data = static_cast<const char*>(of.data) + first * of.stride * size_of(of.type);
  of.rows = count;
  return of;
}

struct tile {
  distance::pair_params pair;
  int64_t row, rows, column, columns;
  const float* scores;  // [rows, columns] in host memory
  float* made;          // where the rows are
};

// Numbers in host memory, and a place for them where the rows are.
class placed {
 public:
  placed(const call_options& how, int64_t count) : on_(how.on), host_(count) {
    if (on_) there_ = on_->allocate(static_cast<size_t>(count) * 4);
  }
  float* host() { return host_.data(); }
  float* there() { return on_ ? there_.as<float>() : host_.data(); }
  void fetch(int64_t count) {
    copy(count, [&](size_t bytes) { gpu::copy_out(*on_, host_.data(), there_.address(), bytes); });
  }
  void send(int64_t count) {
    copy(count, [&](size_t bytes) { gpu::copy_in(*on_, there_.address(), host_.data(), bytes); });
  }

 private:
  template <class Copy>
  void copy(int64_t count, const Copy& run) {
    if (on_ && count > 0) run(static_cast<size_t>(count) * 4);
  }
  gpu::device* const on_;
  cpu::buffer<float> host_;
  gpu::buffer there_;
};

// Tiles on and above the diagonal, in one order. body(tile)
template <class Body>
void each_tile(const loss_params& p, const call_options& how, const Body& body) {
  placed scores(how, block * block);
  const int64_t n = p.x.rows;
  for (int64_t row = 0; row < n; row += block)
    for (int64_t column = row; column < n; column += block) {
      tile t{{}, row, std::min(block, n - row), column, std::min(block, n - column), scores.host(), scores.there()};
      t.pair = distance::pair_of(distance::metric_id::cosine_similarity, rows_of(p.x, row, t.rows), rows_of(p.x, column, t.columns), false);
      distance::pairwise({t.pair, t.made, dtype::float32, t.columns}, how);
      scores.fetch(t.rows * t.columns);
      body(t);
    }
}

// body(place in the tile, similarity) for each negative pair of it.
template <class Body>
void each_negative(const loss_params& p, const tile& t, const Body& body) {
  for (int64_t a = 0; a < t.rows; ++a) {
    const int32_t label = p.x_labels[t.row + a];
    if (label < 0) continue;
    for (int64_t b = std::max<int64_t>(0, t.row + a + 1 - t.column); b < t.columns; ++b) {
      const int32_t other = p.x_labels[t.column + b];
      if (other >= 0 && other != label) body(a * t.columns + b, t.scores[a * t.columns + b]);
    }
  }
}

template <class Body>
void each_negative(const loss_params& p, const call_options& how, const Body& body) {
  each_tile(p, how, [&](const tile& t) { each_negative(p, t, [&](int64_t, float v) { body(v); }); });
}

using histogram = std::vector<int64_t>;  // by 16 bits

// The bucket that holds the rank, which becomes one within the bucket.
uint32_t bucket_of(const histogram& counts, int64_t& rank) {
  uint32_t bucket = 0;
  while (rank >= counts[bucket]) rank -= counts[bucket++];
  return bucket;
}

// Time: the pairs' products three times.
negative_pairs see_negative_pairs(const loss_params& p, float scale, float whisker, const call_options& how) {
  histogram upper(1 << 16);
  int64_t count = 0;
  bool odd = false;
  each_negative(p, how, [&](float v) {
    ++upper[key_of(v) >> 16];
    ++count;
    odd = odd || v != v;
  });
  if (odd) return {NAN, NAN, NAN};
  if (count == 0) return {0, 0, lowest};

  int64_t ranks[2] = {count / 4, static_cast<int64_t>(0.75 * static_cast<double>(count))};
  uint32_t buckets[2];
  for (int q = 0; q < 2; ++q) buckets[q] = bucket_of(upper, ranks[q]);
  histogram lower[2] = {histogram(1 << 16), histogram(1 << 16)};
  each_negative(p, how, [&](float v) {
    const uint32_t key = key_of(v);
    for (int q = 0; q < 2; ++q)
      if (key >> 16 == buckets[q]) ++lower[q][key & 0xffff];
  });
  float quartiles[2];
  for (int q = 0; q < 2; ++q) quartiles[q] = number_of(buckets[q] << 16 | bucket_of(lower[q], ranks[q]));

  const float reach = whisker * (quartiles[1] - quartiles[0]);
  negative_pairs seen{quartiles[0] - reach, quartiles[1] + reach, lowest};
  const double top = std::min(seen.high, 1.0f);
  double sum = 0;
  each_negative(p, how, [&](float v) {
    if (v >= seen.low && v <= seen.high) sum += std::exp(static_cast<double>(scale) * (static_cast<double>(v) - top));
  });
  if (sum > 0) seen.log_sum = static_cast<float>(static_cast<double>(scale) * top + std::log(sum));
  return seen;
}

void add(const call_options& how, const float* part, int64_t count, float* into) {
  if (how.on) return on_gpu::add(*how.on, part, count, into);
  for (int64_t i = 0; i < count; ++i) into[i] += part[i];
}

// dx[a] += Σ_b share · s e^(s v_ab − log_sum) ∂v_ab/∂x_a over the kept. dx: [n, d]
void add_negative_pairs(const loss_params& p, float scale, const negative_pairs& seen, float share, float* dx, const call_options& how) {
  const int64_t d = p.x.columns;
  placed weights(how, block * block), x_part(how, block * d), y_part(how, block * d);
  each_tile(p, how, [&](const tile& t) {
    std::fill_n(weights.host(), t.rows * t.columns, 0.0f);
    each_negative(p, t, [&](int64_t at, float v) {
      if (v >= seen.low && v <= seen.high) weights.host()[at] = share * scale * std::exp(scale * v - seen.log_sum);
    });
    weights.send(t.rows * t.columns);
    distance::pairwise_backward({t.pair, t.made, weights.there(), x_part.there(), y_part.there()}, how);
    add(how, x_part.there(), t.rows * d, dx + t.row * d);
    add(how, y_part.there(), t.columns * d, dx + t.column * d);
  });
}

// Progress counts the sweeps over classes alone.
call_options unwatched(const call_options& how) {
  if (how.control) how.control->check();
  return {how.threads, nullptr, how.on};
}

constexpr int seen_at = 2, share_field = 4;  // in the state's header; see unified_negative_pairs

// Floats of the state or a gradient, in host memory.
std::vector<float> fetched(const call_options& how, const float* from, int64_t count) {
  std::vector<float> out(static_cast<size_t>(count));
  if (count == 0) return out;
  if (how.on)
    gpu::copy_out(*how.on, out.data(), from, out.size() * 4);
  else
    std::copy_n(from, count, out.data());
  return out;
}

// Σ_i p_iA times what row i counts for. On the CPU rows stand in the order of their labels.
float share_of(const backward_params& p, const call_options& how) {
  const int64_t n = p.of.x.rows;
  const bool none = p.of.reduction == reduction_id::none;
  const std::vector<int32_t> order = how.on ? std::vector<int32_t>() : sorted_by_label(p.of.x_labels, n);
  const std::vector<float> shares = fetched(how, p.state + state_header + share_field * padded(n), n);
  const std::vector<float> grad = fetched(how, p.grad, none ? n : 1), factor = fetched(how, p.state, 1);
  double sum = 0;
  for (size_t lane = 0; lane < shares.size(); ++lane)
    sum += static_cast<double>(shares[lane]) * static_cast<double>(grad[!none ? 0 : how.on ? lane : static_cast<size_t>(order[lane])]);
  return static_cast<float>(sum * static_cast<double>(factor[0]));
}

}  // namespace

void forward_unified(const forward_params& p, const call_options& how) {
  const unified_negative_pairs_params own = unified_negative_pairs_from(p.of.scalars);
  const negative_pairs seen = see_negative_pairs(p.of, own.scale, own.whisker, unwatched(how));
  placed given(how, p.of.x.rows);
  std::fill_n(given.host(), p.of.x.rows, seen.log_sum);
  given.send(p.of.x.rows);
  forward_params classes = p;
  classes.of.given = given.there();
  forward(classes, how);
  if (how.on)
    gpu::copy_in(*how.on, p.state + seen_at, &seen, sizeof(seen));
  else
    std::memcpy(p.state + seen_at, &seen, sizeof(seen));
}

void backward_unified(const backward_params& p, const call_options& how) {
  const call_options pairs = unwatched(how);
  backward_params classes = p;
  classes.of.given = p.state + state_header;
  backward(classes, how);
  if (!p.dx) return;
  const std::vector<float> kept = fetched(how, p.state + seen_at, sizeof(negative_pairs) / 4);
  const negative_pairs seen{kept[0], kept[1], kept[2]};
  add_negative_pairs(p.of, unified_negative_pairs_from(p.of.scalars).scale, seen, share_of(p, how), p.dx, pairs);
}

}  // namespace warpweft::loss
