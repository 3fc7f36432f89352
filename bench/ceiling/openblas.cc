// float32 X·Yᵀ by OpenBLAS into a reused output. Which kernel it takes is decided by OPENBLAS_CORETYPE at start.
#include <cblas.h>

#include <vector>

#include "gemm.h"

int main(int argc, char** argv) {
  const ceiling::Shape s = ceiling::parse_shape(argc, argv);
  openblas_set_num_threads(s.threads);
  std::vector<float> x(s.m * s.k, 0.5f), y(s.n * s.k, 0.25f);
  const auto out = ceiling::room(s.m * s.n);
  const char* core = openblas_get_corename();
  ceiling::print_samples(s, openblas_get_config(), core, [&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s.m, s.n, s.k, 1, x.data(), s.k, y.data(), s.k, 0, out.get(), s.n);
  });
  return *out == 0.125f * static_cast<float>(s.k) ? 0 : 1;
}
