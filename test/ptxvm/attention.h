// The tests' attention kernel: inputs, the answer in double, and a launch of any text of it.
#pragma once
#include <cmath>

#include "program.h"

namespace attention {

// Weights are rounded to bf16 (2⁻⁹ of each) before they meet values of at most 1, and add up to 1; the sums in float32 and the values,
// exact already, add little to that.
constexpr double tolerance = 0x1p-8;
constexpr int d = 64;

inline float rounded(float x) { return std::bit_cast<float>((std::bit_cast<uint32_t>(x) + 0x8000u) & 0xffff0000u); }

struct problem {
  int heads, queries, keys;
  std::vector<float> q, k, v;
  std::vector<double> o;

  problem(int heads_, int queries_, int keys_) : heads(heads_), queries(queries_), keys(keys_) {
    uint32_t state = 12345;
    // Values between `about` − scale and `about` + scale. All values of v are far from 0, so that a key too many shows.
    const auto fill = [&](std::vector<float>& x, int rows, float about, float scale) {
      for (int i = 0; i < heads * rows * d; ++i)
        x.push_back(rounded(about + (static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) / 0x1p23f - 1) * scale));
    };
    fill(q, queries, 0, 2), fill(k, keys, 0, 1), fill(v, keys, 0.5f, 0.5f);
    for (int h = 0; h < heads; ++h)
      for (int i = 0; i < queries; ++i) one_row(h, i);
  }

 private:
  void one_row(int h, int i) {
    std::vector<double> s;
    double most = -INFINITY, sum = 0;
    for (int j = 0; j < keys; ++j) {
      double dot = 0;
      for (int e = 0; e < d; ++e) dot += static_cast<double>(q[at(h, queries, i, e)]) * k[at(h, keys, j, e)];
      s.push_back(dot / 8);
      most = std::max(most, s.back());
    }
    for (double& x : s) sum += x = std::exp(x - most);
    for (int e = 0; e < d; ++e) {
      double total = 0;
      for (int j = 0; j < keys; ++j) total += s[static_cast<size_t>(j)] * v[at(h, keys, j, e)];
      o.push_back(total / sum);
    }
  }
  static size_t at(int h, int rows, int row, int e) {
    return (static_cast<size_t>(h) * static_cast<size_t>(rows) + static_cast<size_t>(row)) * d + static_cast<size_t>(e);
  }
};

struct result {
  ptx::outcome how;
  double worst = 0;  // distance from the answer; infinite where a result is none
};

inline std::vector<uint16_t> short_bits(const std::vector<float>& x) {
  std::vector<uint16_t> y;
  for (float v : x) y.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(v) >> 16));
  return y;
}

inline result run(const std::string& module, const problem& p) {
  const ptx::buffer q(short_bits(p.q)), k(short_bits(p.k)), v(short_bits(p.v)), o(p.o.size() * 4);
  result r;
  r.how = ptx::launch(module, "attention", {static_cast<uint32_t>(p.queries / 64), static_cast<uint32_t>(p.heads)}, {128}, q, k, v, o,
                      p.queries, p.keys);
  if (!r.how.ok()) return r;
  const auto got = o.read<float>();
  for (size_t i = 0; i < got.size(); ++i) {
    const double off = std::fabs(static_cast<double>(got[i]) - p.o[i]);
    r.worst = off <= r.worst ? r.worst : std::isnan(off) ? INFINITY : off;
  }
  return r;
}

}  // namespace attention
