// A result so large that it goes past the caches holds what small results hold, wherever it begins, and nothing beside it changes.
#include <cstring>

#include "data.h"
#include "distance/distance.h"
#include "places.h"

namespace {

using namespace warpweft::distance;
using warpweft::dtype;
using warpweft::matrix;

// Numbers about one row of the result; n · m is above what is streamed.
constexpr int64_t n = 2100, m = 2011, part = 70;
constexpr float untouched = -77.0f;

void pairwise_into(const float* x, int64_t rows, const float* y, int64_t d, float* out, int64_t stride, int threads) {
  pairwise_params p{};
  p.pair.metric = metric_id::inner;
  p.pair.x = {x, dtype::float32, rows, d, d, 1};
  p.pair.y = {y, dtype::float32, m, d, d, 1};
  p.out = out;
  p.out_type = dtype::float32;
  p.out_stride = stride;
  pairwise(p, {threads, nullptr});
}

}  // namespace

// Columns enough that lines leave while the next tile is made, or too few.
static void check_large_result(int64_t d) {
  data::rng random(31);
  const std::vector<float> x = data::uniforms(random, n * d, -1, 1), y = data::uniforms(random, m * d, -1, 1);
  std::vector<float> few(static_cast<size_t>(part * m));
  for (const int64_t stride : {m, m + 5, (m + 15) / 16 * 16})
    for (const int64_t offset : {0, 1, 12}) {
      std::vector<float> memory(static_cast<size_t>(offset + n * stride + 16), untouched);
      float* out = memory.data() + offset;
      pairwise_into(x.data(), n, y.data(), d, out, stride, 2);
      int64_t wrong = 0, spilled = 0;
      for (int64_t first = 0; first < n; first += part) {
        const int64_t rows = std::min(part, n - first);
        pairwise_into(x.data() + first * d, rows, y.data(), d, few.data(), m, 1);
        for (int64_t i = 0; i < rows; ++i) {
          const float* row = out + (first + i) * stride;
          wrong += std::memcmp(row, few.data() + i * m, m * sizeof(float)) != 0;
          for (int64_t j = m; j < stride && first + i < n - 1; ++j) spilled += row[j] != untouched;
        }
      }
      for (int64_t i = 0; i < offset; ++i) spilled += memory[static_cast<size_t>(i)] != untouched;
      for (size_t i = static_cast<size_t>(offset + (n - 1) * stride + m); i < memory.size(); ++i) spilled += memory[i] != untouched;
      CHECK_EQ(wrong, 0, "rows differ; columns ", d, ", stride ", stride, ", offset ", offset);
      CHECK_EQ(spilled, 0, "columns ", d, ", stride ", stride, ", offset ", offset);
    }
}

TEST_EACH("a large result is the same as its parts, at any address and stride") {
  for (const int64_t d : {3, 26}) check_large_result(d);
}
