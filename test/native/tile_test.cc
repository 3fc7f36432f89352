// The register tile of every instruction set and format against float64.
#include "data.h"
#include "isa/words.h"
#include "places.h"

namespace {

using warpweft::cpu::kernels;
using warpweft::cpu::up_to_multiple;

constexpr int64_t depths[] = {0, 1, 2, 3, 4, 5, 31, 1023, 1024, 1025, 2049};

// Panels of `width` numbers a column, packed as the format wants them, with the numbers beside.
struct panels {
  panels(const kernels& kern, int64_t count, int64_t depth, int width, uint32_t seed)
      : kern_(kern), depth_(depth), width_(width), packed(count * depth * width),
        plain(static_cast<size_t>(count * depth * kern.columns * width)) {
    data::rng random(seed);
    for (float& v : plain) v = stored(data::uniform(random, -1, 1) + 0.25f);
    for (int64_t p = 0; p < count; ++p)
      for (int64_t k = 0; k < depth; ++k)
        for (int i = 0; i < width; ++i) packed[p * depth * width + places::packed_at(kern, width, depth, k, i)] = word(p, k, i);
  }
  double at(int64_t panel, int64_t column, int i) const {
    return plain[static_cast<size_t>((panel * depth_ * kern_.columns + column) * width_ + i)];
  }
  // A pair of columns holds bfloat16 only.
  float stored(float v) const { return kern_.columns == 1 ? v : data::from_bits(data::bits(v) & 0xffff0000u); }
  float word(int64_t p, int64_t k, int i) const {
    if (kern_.columns == 1) return static_cast<float>(at(p, k, i));
    const uint32_t even = data::bits(static_cast<float>(at(p, 2 * k, i))), odd = data::bits(static_cast<float>(at(p, 2 * k + 1, i)));
    return data::from_bits(even >> 16 | odd);
  }
  const kernels& kern_;
  const int64_t depth_;
  const int width_;
  data::fenced<float> packed;
  std::vector<float> plain;
};

struct sums {
  double exact = 0, terms = 0;
  float naive = 0;
  void add(double term) {
    exact += term;
    terms += std::fabs(term);
    naive += static_cast<float>(term);
  }
};

template <class Term>
sums over(const kernels& kern, const panels& a, const panels& b, int64_t panel, int64_t depth, int i, int j, const Term& term) {
  sums s;
  for (int64_t k = 0; k < depth * kern.columns; ++k) s.add(term(a.at(panel, k, i), b.at(0, k, j)));
  return s;
}

double product(double a, double b) { return a * b; }
double square_difference(double a, double b) { return (a - b) * (a - b); }

// Which units of a tile are asked for: none, single ones, a few, nearly all, all.
std::vector<uint32_t> unit_sets(const kernels& kern, int units) {
  const uint32_t all = units == 32 ? ~0u : (1u << units) - 1;
  std::vector<uint32_t> sets{0, 1, 1u << (units - 1), 5u & all, all & 0x11111111u, all & ~2u, all};
  const int per_row = units / kern.rows;
  sets.push_back(all & ((1u << per_row) - 1));  // a whole row
  uint32_t column = 0;
  for (int i = 0; i < kern.rows; ++i) column |= 1u << (i * per_row);
  sets.push_back(column);
  return sets;
}

template <class Out, class Kernel, class Check>
void units_agree(const kernels& kern, const Kernel& kernel, const Check& check) {
  const int width = register_words::in_use().lanes, per_row = kern.lanes / width, units = kern.rows * per_row;
  for (const int64_t words : {0, 1, 3, 4, 7, 200}) {
    const int64_t depth = up_to_multiple(words, kern.depth_unit);
    const panels a(kern, 1, depth, kern.rows, 11), b(kern, 1, depth, kern.lanes, 12);
    for (const uint32_t wanted : unit_sets(kern, units)) {
      data::fenced<Out> out(kern.rows * kern.lanes);
      std::fill(out.begin(), out.end(), Out(NAN));
      kernel(const_cast<panels&>(a).packed.data(), const_cast<panels&>(b).packed.data(), depth, wanted, out.data());
      for (int i = 0; i < kern.rows; ++i)
        for (int j = 0; j < kern.lanes; ++j)
          if (wanted >> (i * per_row + j / width) & 1) check(a, b, depth, i, j, out[i * kern.lanes + j]);
    }
  }
}

}  // namespace

TEST_EACH_TABLE("scores are the dots of every row and lane") {
  for (const int64_t words : depths)
    for (const int64_t tiles : {1, 2, 3, 7}) {
      const int64_t depth = up_to_multiple(words, kern.depth_unit);
      panels a(kern, tiles, depth, kern.rows, 1), b(kern, 1, depth, kern.lanes, 2);
      data::fenced<float> s(tiles * kern.rows * kern.lanes);
      std::fill(s.begin(), s.end(), NAN);
      kern.scores(a.packed.data(), b.packed.data(), depth, tiles, s.data());
      data::earned error;
      for (int64_t t = 0; t < tiles; ++t)
        for (int i = 0; i < kern.rows; ++i)
          for (int j = 0; j < kern.lanes; ++j) {
            const sums want = over(kern, a, b, t, depth, i, j, product);
            error.see(s[(t * kern.rows + i) * kern.lanes + j], want.naive, want.exact, want.terms);
          }
      CHECK_EARNED(error, "depth ", depth, ", tiles ", tiles);
    }
}

TEST_EACH_TABLE("the sum of a tile has one order, whichever tiles come with it") {
  for (const int64_t words : {5, 1025}) {
    constexpr int64_t tiles = 7;
    const int64_t depth = up_to_multiple(words, kern.depth_unit);
    panels a(kern, tiles, depth, kern.rows, 3), b(kern, 1, depth, kern.lanes, 4);
    const int64_t size = kern.rows * kern.lanes;
    std::vector<float> together(static_cast<size_t>(tiles * size)), alone(static_cast<size_t>(size));
    kern.scores(a.packed.data(), b.packed.data(), depth, tiles, together.data());
    for (int64_t t = 0; t < tiles; ++t) {
      kern.scores(a.packed.data() + t * depth * kern.rows, b.packed.data(), depth, 1, alone.data());
      for (int64_t i = 0; i < size; ++i)
        CHECK_EQ(data::bits(alone[static_cast<size_t>(i)]), data::bits(together[static_cast<size_t>(t * size + i)]), "tile ", t, ", depth ",
                 depth);
    }
  }
}

TEST_EACH_TABLE("accumulate adds transposed rows times weights, panel by panel, both rounded where a word holds two rows") {
  const bool pairs = kern.rows_a_word == 2;
  for (const int64_t count : {0, 1, 7, 64, 255, 256, 300, 513})
    for (const int64_t count_panels : {1, 4}) {
      const int64_t depth = (count + kern.rows_a_word - 1) / kern.rows_a_word, stride = depth * kern.rows + 16;
      const int64_t size = kern.rows * kern.lanes;
      data::rng random(5);
      data::fenced<float> a((count_panels - 1) * stride + depth * kern.rows), w(count * kern.lanes), acc(count_panels * size);
      for (auto* part : {&a, &w, &acc})
        for (float& v : *part) v = data::uniform(random, -1, 1);
      for (float& word : a)
        if (pairs) word = data::from_bits(data::bits(data::uniform(random, -1, 1)) >> 16 | (data::bits(word) & 0xffff0000u));
      const std::vector<float> before(acc.begin(), acc.end());
      const auto row = [&](int64_t p, int64_t q, int i) {
        const float word = a[p * stride + q / kern.rows_a_word * kern.rows + i];
        return !pairs ? word : data::from_bits(q % 2 == 0 ? data::bits(word) << 16 : data::bits(word) & 0xffff0000u);
      };
      kern.accumulate(a.data(), stride, count_panels, w.data(), count, acc.data());
      data::earned error;
      for (int64_t p = 0; p < count_panels; ++p)
        for (int i = 0; i < kern.rows; ++i)
          for (int j = 0; j < kern.lanes; ++j) {
            sums want;
            const int64_t at = p * size + i * kern.lanes + j;
            want.add(before[static_cast<size_t>(at)]);
            for (int64_t q = 0; q < count; ++q) {
              const float weight = w[q * kern.lanes + j];
              want.add(static_cast<double>(row(p, q, i)) * (pairs ? data::rounded_to_pairs(weight) : weight));
            }
            error.see(acc[at], want.naive, want.exact, want.terms);
          }
      CHECK_EARNED(error, "count ", count, ", panels ", count_panels);
    }
}

TEST_EACH_TABLE("difference is Σ (a − b)² for the units that are asked for") {
  data::earned error;
  units_agree<float>(kern, kern.difference, [&](const panels& a, const panels& b, int64_t depth, int i, int j, float got) {
    const sums want = over(kern, a, b, 0, depth, i, j, square_difference);
    error.see(got, want.naive, want.exact, want.terms);
  });
  CHECK_EARNED(error, "rows ", kern.rows, ", lanes ", kern.lanes);
}

TEST_EACH("difference of near rows is right to float32 relative to itself") {
  const kernels& kern = *warpweft::cpu::in_use().float32;  // bfloat16 rows this near are the same
  const int64_t depth = 96;
  panels a(kern, 1, depth, kern.rows, 6), b(kern, 1, depth, kern.lanes, 7);
  // Every lane is row 0 with its last bits changed.
  data::rng random(8);
  for (int64_t k = 0; k < depth; ++k)
    for (int j = 0; j < kern.lanes; ++j)
      b.packed[k * kern.lanes + j] = a.packed[k * kern.rows] * (1.0f + 1e-5f * data::uniform(random, 0, 1));
  std::vector<float> out(static_cast<size_t>(kern.rows * kern.lanes));
  kern.difference(a.packed.data(), b.packed.data(), depth, ~0u, out.data());
  for (int j = 0; j < kern.lanes; ++j) {
    double want = 0;
    for (int64_t k = 0; k < depth; ++k) want += square_difference(a.packed[k * kern.rows], b.packed[k * kern.lanes + j]);
    CHECK(std::fabs(out[static_cast<size_t>(j)] - want) <= 1e-5 * want, "lane ", j, " is ", out[static_cast<size_t>(j)], ", wanted ", want);
  }
}

TEST_EACH_TABLE("dot64 is a float64 sum for the units that are asked for") {
  units_agree<double>(kern, kern.dot64, [&](const panels& a, const panels& b, int64_t depth, int i, int j, double got) {
    const sums want = over(kern, a, b, 0, depth, i, j, product);
    const double allowed = 0x1p-52 * static_cast<double>(depth * kern.columns + 1) * want.terms;
    CHECK(std::fabs(got - want.exact) <= allowed, "depth ", depth, ", row ", i, ", lane ", j, " is ", got, ", wanted ", want.exact);
  });
}
