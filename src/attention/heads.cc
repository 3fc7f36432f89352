#include "attention/heads.h"

#include <cstring>

#include "cpu/buffer.h"
#include "cpu/matmul.h"
#include "cpu/threads.h"

namespace warpweft::attention {
namespace {

matrix moved(matrix m, int64_t elements) {
  m.data = static_cast<const float*>(m.data) + elements;
  return m;
}

}  // namespace

// Heads are the tasks; one head's product is computed in one place and then laid between those of the others.
void head_products(const heads_params& p, const call_options& how) {
  const int64_t n = p.x.rows, b = p.w.columns;
  cpu::parallel(p.heads, how.threads, how.control, [&](int64_t h, int) {
    cpu::buffer<float> own(n * b);
    cpu::matmul(moved(p.x, h * p.x_head), moved(p.w, h * p.w_head), own.data(), 1, nullptr);
    for (int64_t i = 0; i < n; ++i) std::memcpy(p.out + (i * p.heads + h) * b, own.data() + i * b, static_cast<size_t>(b) * sizeof(float));
  });
}

}  // namespace warpweft::attention
