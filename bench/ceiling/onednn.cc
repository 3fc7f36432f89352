// bfloat16 X·Yᵀ with float32 sums and output by oneDNN. Threads follow OMP_NUM_THREADS.
#include <stdint.h>
#include <stdio.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "gemm.h"

int main(int argc, char** argv) {
  using namespace dnnl;
  using type = memory::data_type;
  using tag = memory::format_tag;
  const ceiling::Shape s = ceiling::parse_shape(argc, argv);
  constexpr uint16_t half = 0x3f00, quarter = 0x3e80;  // 0.5 and 0.25 in bfloat16
  std::vector<uint16_t> x(s.m * s.k, half), y(s.n * s.k, quarter);
  const auto out = ceiling::room(s.m * s.n);

  engine cpu(engine::kind::cpu, 0);
  stream queue(cpu);
  const memory::desc x_desc({s.m, s.k}, type::bf16, tag::ab), y_desc({s.k, s.n}, type::bf16, tag::ba);
  const memory::desc out_desc({s.m, s.n}, type::f32, tag::ab);
  const matmul::primitive_desc description(matmul::desc(x_desc, y_desc, out_desc), cpu);
  const matmul product(description);
  memory a(x_desc, cpu, x.data()), b(y_desc, cpu, y.data()), c(out_desc, cpu, out.get());

  const version_t* version = dnnl_version();
  char library[64];
  snprintf(library, sizeof library, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
  ceiling::print_samples(s, library, description.impl_info_str(), [&] {
    product.execute(queue, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    queue.wait();
  });
  return *out == 0.125f * static_cast<float>(s.k) ? 0 : 1;
}
