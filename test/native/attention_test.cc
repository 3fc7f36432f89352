// Attention on every instruction set against loops in float64, with inputs that end where memory ends: the ways of the scores are
// tested from JavaScript, this also runs where that does not.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "attention/attention.h"
#include "data.h"
#include "places.h"

namespace {

using namespace warpweft;
using namespace warpweft::attention;
using floats = data::fenced<float>;

void fill(floats& values, uint32_t seed) {
  data::rng random(seed);
  for (float& v : values) v = data::uniform(random, -1, 1);
}

// Causal attention of one sequence, [tokens, heads, columns] each, and its gradients.
struct problem {
  int64_t queries, keys, heads, key_columns, value_columns;
  floats q, k, v, grad;
  problem(int64_t n, int64_t m, int64_t h, int64_t dk, int64_t dv)
      : queries(n), keys(m), heads(h), key_columns(dk), value_columns(dv), q(n * h * dk), k(m * h * dk), v(m * h * dv), grad(n * h * dv) {
    fill(q, 1);
    fill(k, 2);
    fill(v, 3);
    fill(grad, 4);
  }
};

constexpr double scale = 0.5;

struct results {
  std::vector<double> out, dq, dk, dv;
};

double dot(const float* a, const float* b, int64_t columns) {
  double sum = 0;
  for (int64_t c = 0; c < columns; ++c) sum += static_cast<double>(a[c]) * b[c];
  return sum;
}

// One query's weights; those it does not see are 0.
std::vector<double> weights_of(problem& p, int64_t i, int64_t h) {
  std::vector<double> weights(static_cast<size_t>(p.keys));
  const int64_t last = p.keys - p.queries + i;
  double sum = 0;
  for (int64_t t = 0; t <= last; ++t) {
    const double s =
        scale * dot(p.q.data() + (i * p.heads + h) * p.key_columns, p.k.data() + (t * p.heads + h) * p.key_columns, p.key_columns);
    sum += weights[static_cast<size_t>(t)] = std::exp(s);
  }
  for (double& w : weights) w = sum > 0 ? w / sum : 0;
  return weights;
}

results exact(problem& p) {
  results r{std::vector<double>(p.grad.size()), std::vector<double>(p.q.size()), std::vector<double>(p.k.size()),
            std::vector<double>(p.v.size())};
  for (int64_t i = 0; i < p.queries; ++i)
    for (int64_t h = 0; h < p.heads; ++h) {
      const std::vector<double> w = weights_of(p, i, h);
      const int64_t query = (i * p.heads + h) * p.key_columns, row = (i * p.heads + h) * p.value_columns;
      double own = 0;
      for (int64_t c = 0; c < p.value_columns; ++c) {
        double& out = r.out[static_cast<size_t>(row + c)];
        for (int64_t t = 0; t < p.keys; ++t) out += w[static_cast<size_t>(t)] * p.v[(t * p.heads + h) * p.value_columns + c];
        own += out * p.grad[row + c];
      }
      for (int64_t t = 0; t < p.keys; ++t) {
        const int64_t key = (t * p.heads + h) * p.key_columns, value = (t * p.heads + h) * p.value_columns;
        const double ds = scale * w[static_cast<size_t>(t)] * (dot(p.grad.data() + row, p.v.data() + value, p.value_columns) - own);
        for (int64_t c = 0; c < p.key_columns; ++c) {
          r.dq[static_cast<size_t>(query + c)] += ds * p.k[key + c];
          r.dk[static_cast<size_t>(key + c)] += ds * p.q[query + c];
        }
        for (int64_t c = 0; c < p.value_columns; ++c) r.dv[static_cast<size_t>(value + c)] += w[static_cast<size_t>(t)] * p.grad[row + c];
      }
    }
  return r;
}

void check_close(floats& got, const std::vector<double>& want, const char* what) {
  double worst = 0, size = 1;
  for (const double w : want) size = std::max(size, std::fabs(w));
  for (size_t i = 0; i < want.size(); ++i) {
    const double off = std::fabs(static_cast<double>(got[static_cast<int64_t>(i)]) - want[i]);
    if (!(off <= worst)) worst = off;  // a NaN stays
  }
  CHECK(worst <= 16 * 0x1p-23 * size, what, " is off by ", worst);
}

void agrees(problem& p, int threads) {
  std::vector<int32_t> own(static_cast<size_t>(p.heads));
  std::iota(own.begin(), own.end(), 0);
  const int64_t rows = p.queries * p.heads;
  floats out(rows * p.value_columns), lse(rows), state(2 * rows), dq(rows * p.key_columns), dk(p.keys * p.heads * p.key_columns),
      dv(p.keys * p.heads * p.value_columns);
  attention_params a{};
  a.batches = 1;
  a.queries = p.queries;
  a.keys = p.keys;
  a.heads = a.key_heads = a.value_heads = p.heads;
  a.key_columns = p.key_columns;
  a.value_columns = p.value_columns;
  a.q = p.q.data();
  a.k = p.k.data();
  a.v = p.v.data();
  a.key_head = a.value_head = own.data();
  a.score.scale = static_cast<float>(scale);
  a.sight = {-1, 0, 0};
  a.out = out.data();
  a.lse = lse.data();
  a.state = state.data();
  forward(a, {threads, nullptr});
  backward({a, p.grad.data(), dq.data(), dk.data(), dv.data()}, {threads, nullptr});
  const results want = exact(p);
  check_close(out, want.out, "out");
  check_close(dq, want.dq, "dq");
  check_close(dk, want.dk, "dk");
  check_close(dv, want.dv, "dv");
}

}  // namespace

TEST_EACH("attention agrees, forward and backward, at the edges of tiles and panels") {
  for (const auto& [queries, keys] : {std::pair<int64_t, int64_t>{1, 1}, {5, 64}, {65, 65}, {50, 131}})
    for (const auto& [key_columns, value_columns] : {std::pair<int64_t, int64_t>{1, 1}, {16, 8}, {33, 20}}) {
      problem p(queries, keys, 2, key_columns, value_columns);
      agrees(p, 2);
    }
}

// Rows of a cache, the last of which ends where memory ends, come back as they went in; decoding finds a key that stands out.
TEST_EACH("a cache's rows are written, read and met, whatever their type") {
  constexpr int64_t latent = 140, rope = 10, rows = 70, heads = 3;
  for (const storage type : {storage::float32, storage::float16, storage::bfloat16, storage::e4m3}) {
    const int64_t bytes = row_bytes(type, latent, rope, false);
    data::fenced<float> memory((rows * bytes + 3) / 4), latents(rows * latent), ropes(rows * rope);
    for (float& v : latents) v = 0.0f;
    for (float& v : ropes) v = 0.0f;
    for (int64_t t = 0; t < rows; ++t) latents[t * latent + t] = ropes[t * rope + t % rope] = 1.0f;
    std::vector<int32_t> slots(rows);
    for (int32_t t = 0; t < rows; ++t) slots[static_cast<size_t>(t)] = (t * 3) % rows;
    cache_params cache{reinterpret_cast<char*>(memory.data()), type, rows, bytes, latent, rope};
    append({cache,
            {latents.data(), dtype::float32, rows, latent, latent, 1},
            {ropes.data(), dtype::float32, rows, rope, rope, 1},
            slots.data()},
           {2, nullptr});
    floats back(rows * latent), rope_back(rows * rope);
    read({cache, rows, slots.data(), back.data(), rope_back.data()}, {2, nullptr});
    CHECK(std::equal(back.begin(), back.end(), latents.begin()) && std::equal(rope_back.begin(), rope_back.end(), ropes.begin()), "type ",
          static_cast<int>(type));
    floats query(heads * latent), rope_query(heads * rope), out(heads * latent), lse(heads);
    for (float& v : query) v = 0.0f;
    for (float& v : rope_query) v = 0.0f;
    for (int64_t h = 0; h < heads; ++h) query[h * latent + 20 * h + 7] = 200.0f;
    const int32_t length = rows;
    decode_params d{};
    d.cache = cache;
    d.batches = d.queries = 1;
    d.heads = heads;
    d.latent = query.data();
    d.rope = rope_query.data();
    d.pages = slots.data();
    d.pages_a_row = rows;
    d.lengths = &length;
    d.scale = 1.0f;
    d.out = out.data();
    d.lse = lse.data();
    decode(d, {2, nullptr});
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t c = 0; c < latent; ++c) CHECK_EQ(out[h * latent + c], c == 20 * h + 7 ? 1.0f : 0.0f, "head ", h, ", column ", c);
  }
}
