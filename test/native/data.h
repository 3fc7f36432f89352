// Numbers for the tests: the same on every machine, and buffers that end where memory ends.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "base/matrix.h"
#include "harness.h"

namespace data {

using rng = std::mt19937;

// In [low, high); written out, since std::uniform_real_distribution differs between libraries.
inline float uniform(rng& random, float low, float high) { return low + (high - low) * static_cast<float>(random() >> 8) * 0x1p-24f; }

inline std::vector<float> uniforms(rng& random, int64_t count, float low, float high) {
  std::vector<float> out(static_cast<size_t>(count));
  for (float& v : out) v = uniform(random, low, high);
  return out;
}

// `count` elements, the last of which stands right before a page that must not be touched.
template <class T>
class fenced {
 public:
  explicit fenced(int64_t count) : count_(static_cast<size_t>(count)) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), bytes = count_ * sizeof(T);
    size_ = (bytes + page - 1) / page * page + page;
    void* p = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(p);
    mprotect(base_ + size_ - page, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(base_ + size_ - page - bytes);
  }
  ~fenced() { munmap(base_, size_); }
  fenced(const fenced&) = delete;
  T* data() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  size_t size() const { return count_; }
  T* begin() { return data_; }
  T* end() { return data_ + count_; }

 private:
  size_t count_, size_;
  char* base_;
  T* data_;
};

inline uint32_t bits(float f) {
  uint32_t w;
  std::memcpy(&w, &f, 4);
  return w;
}
inline float from_bits(uint32_t w) {
  float f;
  std::memcpy(&f, &w, 4);
  return f;
}
// Equal bits, or both NaN.
inline bool same(float a, float b) { return bits(a) == bits(b) || (a != a && b != b); }

// The formats of 16 bits, spelled with ldexp so that they share nothing with the kernels.
// What a word of several rows of a transpose holds of v: bfloat16, to nearest even, without numbers below the normal ones.
inline float rounded_to_pairs(float v) {
  constexpr float smallest = 0x1p-126f;
  if (std::fabs(v) < smallest) return std::copysign(0.0f, v);
  const uint32_t word = bits(v), half = 0x7fffu + (word >> 16 & 1u);
  return from_bits((word + half) & 0xffff0000u);
}

inline double half_value(uint16_t h, warpweft::dtype type) {
  const bool f16 = type == warpweft::dtype::float16;
  const int fraction_bits = f16 ? 10 : 7, bias = f16 ? 15 : 127, top = f16 ? 31 : 255;
  const int exponent = h >> fraction_bits & top, fraction = h & ((1 << fraction_bits) - 1);
  const double sign = h & 0x8000 ? -1.0 : 1.0;
  if (exponent == top) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

// Errors of a kernel against those of the same sum in plain float32, both relative to Σ|terms|.
class earned {
 public:
  void see(double kernel, double naive, double exact, double terms) {
    if (!(std::fabs(exact) <= 1e300)) return;
    const double scale = terms > 0 ? terms : 1;
    kernel_ = std::max(kernel_, kernel == kernel ? std::fabs(kernel - exact) / scale : INFINITY);
    naive_ = std::max(naive_, std::fabs(naive - exact) / scale);
  }
  // At most twice the naive error and 4 ulp of Σ|terms|.
  bool holds() const { return kernel_ <= allowed(); }
  double allowed() const { return 2 * naive_ + 4 * 0x1p-23; }
  double kernel() const { return kernel_; }

 private:
  double kernel_ = 0, naive_ = 0;
};

}  // namespace data

#define CHECK_EARNED(error, ...) CHECK((error).holds(), "error ", (error).kernel(), ", allowed ", (error).allowed(), ", ", __VA_ARGS__)
