// How fast the virtual GPU is, in thread-instructions a second: a float32 product and an attention kernel from the tests' PTX, with the
// checker and without, on one thread.   ptxvm_speed folder-of-kernels [architecture [kernel]]
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <numeric>

#include "program.h"

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

uint64_t instructions() {
  const auto& all = ptx::counted().thread_instructions;
  return std::accumulate(std::begin(all), std::end(all), uint64_t{0});
}

// Seconds of this process's own work, whatever else the machine does.
double worked() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class Launch>
void measure(const char* name, bool check, Launch&& launch) {
  ptx::changed_settings with;
  with.set(&ptxvm::options::threads, 1);
  with.set(&ptxvm::options::check, check);
  double best = 1e30;
  for (int i = 0; i < 3; ++i) {
    const double from = worked();
    const ptx::outcome o = launch();
    if (!o.ok()) throw std::runtime_error(o.words);
    best = std::min(best, worked() - from);
  }
  const double count = static_cast<double>(instructions());
  std::printf("%-10s checker %-3s  %8.1f M thread-instructions  %7.1f ms  %6.3f G/s\n", name, check ? "on" : "off", count / 1e6, best * 1e3,
              count / best / 1e9);
}

// Numbers without much structure, between −1 and 1; of bf16 the bits.
std::vector<float> numbers(size_t n) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(static_cast<int>(i * 2654435761u >> 8) % 1000) / 1000.0f;
  return x;
}

std::vector<uint16_t> short_numbers(size_t n) {
  std::vector<uint16_t> y;
  for (float x : numbers(n)) y.push_back(static_cast<uint16_t>(ptx::bits(x) >> 16));
  return y;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::runtime_error("usage: ptxvm_speed folder-of-kernels [architecture [kernel]]");
  const std::string folder = argv[1], end = std::string(".") + (argc > 2 ? argv[2] : "80") + ".ptx";
  const std::string only = argc > 3 ? argv[3] : "";
  ptx::changed_settings with;
  with.set(&ptxvm::options::capability, 120);
  if (only.empty() || only == "sgemm") {
    constexpr int m = 256, n = 256, k = 2048;
    const std::string module = text_of(folder + "/sgemm" + end);
    const ptx::buffer a(numbers(m * k)), b(numbers(n * k)), c(size_t{m} * n * 4);
    for (bool check : {false, true})
      measure("sgemm", check, [&] { return ptx::launch(module, "sgemm", {n / 128, m / 128}, {256}, a, b, c, n, k); });
  }
  if (only.empty() || only == "attention") {
    constexpr int heads = 2, length = 1024, d = 64;
    const std::string module = text_of(folder + "/attention" + end);
    const ptx::buffer q(short_numbers(heads * length * d)), k(short_numbers(heads * length * d)), v(short_numbers(heads * length * d));
    const ptx::buffer o(size_t{heads} * length * d * 4);
    for (bool check : {false, true})
      measure("attention", check, [&] {
        return ptx::launch(module, "attention", {length / 64, heads}, {128}, q, k, v, o, length, length);
      });
  }
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
