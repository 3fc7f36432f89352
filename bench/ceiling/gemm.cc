#include "gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>

#include "fma.h"

namespace ceiling {
namespace {

constexpr double kSpin = 10;    // milliseconds: long enough to meet whatever else runs on the core
constexpr double kSettle = 30;  // milliseconds: the libraries' workers keep spinning after a call

void sleep_milliseconds(double milliseconds) {
  timespec time{0, static_cast<long>(milliseconds * 1e6)};
  nanosleep(&time, nullptr);
}

double gate() {
  sleep_milliseconds(kSettle);
  return spin_float32(allowed_cores(1 << 10), kSpin).slowest();
}

}  // namespace

Shape parse_shape(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: %s m n k threads seconds samples\n", argv[0]);
    exit(2);
  }
  return {atol(argv[1]), atol(argv[2]), atol(argv[3]), atoi(argv[4]), atof(argv[5]), atoi(argv[6])};
}

std::unique_ptr<float, void (*)(void*)> room(long floats) {
  constexpr size_t page = 2 << 20;
  const size_t bytes = (floats * sizeof(float) + page - 1) / page * page;
  void* memory = aligned_alloc(page, bytes);
  if (!memory) abort();
  madvise(memory, bytes, MADV_HUGEPAGE);
  memset(memory, 0, bytes);
  return {static_cast<float*>(memory), free};
}

void print_samples(const Shape& shape, const char* library, const char* core, const std::function<void()>& multiply) {
  multiply();
  printf("{\"library\":\"%s\",\"core\":\"%s\",\"samples\":[", library, core);
  const double begin = now_milliseconds();
  double before = gate();
  for (int i = 0; i < shape.samples && (i == 0 || now_milliseconds() - begin < shape.seconds * 1e3); ++i) {
    const double start = now_milliseconds();
    multiply();
    const double took = now_milliseconds() - start;
    const double after = gate();
    printf("%s{\"ms\":%.4f,\"spin\":%.2f}", i ? "," : "", took, std::min(before, after));
    before = after;
  }
  printf("]}\n");
}

}  // namespace ceiling
