// The machine's own walls, as JSON, and the gate that every sample of the benchmark passes.
//   machine peaks <milliseconds>   FMA, bfloat16 dot and subtract-abs-add peaks, the scalar loop, memory reads; by threads
//   machine reads <threads>        memory reads alone
//   machine gate <milliseconds>    for each line read, spins all cores and prints the rate of the slowest
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "fma.h"

namespace {

using ceiling::allowed_cores;

constexpr size_t kReadBytes = size_t{512} << 20;  // far beyond any last-level cache share
constexpr size_t kReadWords = kReadBytes / sizeof(uint64_t);
constexpr int kReadPasses = 5;
constexpr int kPeakSpins = 200;

// In large pages where the system has them: with small ones the address lookups are the wall, not the memory.
std::unique_ptr<uint64_t[], decltype(&free)> read_memory() {
  constexpr size_t kPage = size_t{2} << 20;
  std::unique_ptr<uint64_t[], decltype(&free)> memory(static_cast<uint64_t*>(aligned_alloc(kPage, kReadBytes)), free);
  if (!memory) exit(1);
  madvise(memory.get(), kReadBytes, MADV_HUGEPAGE);
  std::fill_n(memory.get(), kReadWords, uint64_t{1});
  return memory;
}

// GB/s of the fastest of a few passes, each core reading its own part.
double read_bandwidth(const std::vector<int>& cores, const uint64_t* memory) {
  double best = 0;
  for (int pass = 0; pass < kReadPasses; ++pass) {
    std::vector<std::thread> threads;
    const double start = ceiling::now_milliseconds();
    const size_t part = kReadWords / cores.size();
    for (size_t i = 0; i < cores.size(); ++i)
      threads.emplace_back([&, i] {
        ceiling::pin_to(cores[i]);
        const uint64_t* from = memory + i * part;
        uint64_t sum[8] = {};
        for (size_t j = 0; j + 8 <= part; j += 8)
          for (int lane = 0; lane < 8; ++lane) sum[lane] ^= from[j + lane];
        volatile uint64_t sink = sum[0] ^ sum[1] ^ sum[2] ^ sum[3] ^ sum[4] ^ sum[5] ^ sum[6] ^ sum[7];
        (void)sink;
      });
    for (auto& thread : threads) thread.join();
    best = std::max(best, kReadBytes / (ceiling::now_milliseconds() - start) * 1e-6);
  }
  return best;
}

using Spin = ceiling::SpinResult (*)(const std::vector<int>&, double);

// What the slowest core sustains: the ninth decile of many short spins. Some of them fall between the time slices of
// whatever else runs; the few fastest had a clock that no longer work keeps.
double peak_of(Spin spin, const std::vector<int>& cores, double milliseconds) {
  std::vector<std::vector<double>> rates(cores.size());
  for (int i = 0; i < kPeakSpins; ++i) {
    const auto rate = spin(cores, milliseconds / kPeakSpins).rate;
    for (size_t core = 0; core < rates.size(); ++core) rates[core].push_back(rate[core]);
  }
  double slowest = INFINITY;
  for (auto& rate : rates) {
    std::sort(rate.begin(), rate.end());
    slowest = std::min(slowest, rate[rate.size() * 9 / 10]);
  }
  return slowest;
}

void peaks(double milliseconds) {
  const auto memory = read_memory();
  const size_t all = allowed_cores(1 << 10).size();
  const char* isa = ceiling::spin_float32(allowed_cores(1), 1).isa;
  printf("{\"cores\":%zu,\"isa\":\"%s\",\"peaks\":[", all, isa ? isa : "none");
  for (size_t threads = 1; threads <= all; ++threads) {
    const auto cores = allowed_cores(threads);
    printf(
        "%s{\"threads\":%zu,\"float32PerCore\":%.2f,\"bfloat16PerCore\":%.2f,\"readGBs\":%.2f,"
        "\"differencesPerCore\":%.2f,\"scalarDifferencesPerCore\":%.3f}",
        threads > 1 ? "," : "", threads, peak_of(ceiling::spin_float32, cores, milliseconds),
        peak_of(ceiling::spin_bfloat16, cores, milliseconds), read_bandwidth(cores, memory.get()),
        peak_of(ceiling::spin_differences, cores, milliseconds), peak_of(ceiling::spin_scalar_differences, cores, milliseconds));
  }
  printf("]}\n");
}

void reads(int threads) {
  const auto memory = read_memory();
  printf("%.2f\n", read_bandwidth(allowed_cores(threads), memory.get()));
}

void gate(double milliseconds) {
  char line[64];
  const auto cores = allowed_cores(1 << 10);
  while (fgets(line, sizeof line, stdin)) {
    printf("%.2f\n", ceiling::spin_float32(cores, milliseconds).slowest());
    fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && !strcmp(argv[1], "peaks")) return peaks(atof(argv[2])), 0;
  if (argc == 3 && !strcmp(argv[1], "reads")) return reads(atoi(argv[2])), 0;
  if (argc == 3 && !strcmp(argv[1], "gate")) return gate(atof(argv[2])), 0;
  fprintf(stderr, "usage: %s peaks|gate milliseconds, reads threads\n", argv[0]);
  return 2;
}
