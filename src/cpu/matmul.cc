#include "cpu/matmul.h"

#include <cstring>

#include "cpu/features.h"
#include "cpu/sweep.h"

namespace warpweft::cpu {
namespace {

struct target {
  float* out;
  int64_t stride;
};

void store(const void* context, void*, const strip& part) {
  const target& to = *static_cast<const target*>(context);
  for (int i = 0; i < part.rows; ++i)
    std::memcpy(to.out + (part.row0 + i) * to.stride + part.lane0, part.s + static_cast<int64_t>(i) * part.kern->lanes,
                static_cast<size_t>(part.lanes) * 4);
}

}  // namespace

void matmul(const matrix& a, const matrix& b, float* out, int threads, job* control) {
  const target to{out, b.columns};
  sweep work;
  work.kern = in_use().float32;
  work.rows.of = a;
  work.lanes.of = b;
  work.lanes.of.rows = b.columns;
  work.lanes.of.columns = b.rows;
  work.lanes.of.stride = b.step;
  work.lanes.of.step = b.stride;
  work.fold.context = &to;
  work.fold.step = store;
  work.threads = threads;
  work.control = control;
  run(work);
}

}  // namespace warpweft::cpu
