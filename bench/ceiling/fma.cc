#include "fma.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "scalar.h"

namespace ceiling {
namespace {

constexpr int kChains = 12;
constexpr int kRounds = 4096;  // one block: a few microseconds

struct Block {
  const char* isa;
  double work;            // of one call: operations, or terms
  float (*run)(float x);  // the result keeps the compiler from dropping the work
};

// Named variables, because gcc keeps an array of them in memory. The empty asm ties each to a register, so that the
// loop is neither folded nor spilled. 12 chains are more than latency × ports of the cores we know.
#define CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define PEAK_LOOP(name, features, vector, broadcast, step, first_lane, in_register) \
  __attribute__((target(features))) float name(float x) { \
    const vector start = broadcast(x), factor = broadcast(0.999f); \
    CHAINS(DECLARE) \
    for (int round = 0; round < kRounds; ++round) { \
      CHAINS(step) \
    } \
    CHAINS(KEEP_##in_register) \
    return first_lane(sum0); \
  }
#define DECLARE(i) auto sum##i = start;
#define KEEP_v(i) asm volatile("" : "+v"(sum##i));
#define KEEP_x(i) asm volatile("" : "+x"(sum##i));
#define KEEP_w(i) asm volatile("" : "+w"(sum##i));

#if defined(__x86_64__)

#define STEP_AVX512(i) \
  sum##i = _mm512_fmadd_ps(sum##i, factor, start); \
  KEEP_v(i)
#define STEP_AVX2(i) \
  sum##i = _mm256_fmadd_ps(sum##i, factor, start); \
  KEEP_x(i)
#define STEP_DOT(i) \
  sum##i = _mm512_dpbf16_ps(sum##i, (__m512bh)factor, (__m512bh)start); \
  KEEP_v(i)

// s ← |s − start| + factor: it cannot be hoisted, and 12 chains of three operations are more than latency × ports too.
#define STEP_ABS_AVX512(i) \
  sum##i = _mm512_add_ps(_mm512_abs_ps(_mm512_sub_ps(sum##i, start)), factor); \
  KEEP_v(i)
#define STEP_ABS_AVX2(i) \
  sum##i = _mm256_add_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_sub_ps(sum##i, start)), factor); \
  KEEP_x(i)

PEAK_LOOP(fma_avx512, "avx512f", __m512, _mm512_set1_ps, STEP_AVX512, _mm512_cvtss_f32, v)
PEAK_LOOP(fma_avx2, "avx2,fma", __m256, _mm256_set1_ps, STEP_AVX2, _mm256_cvtss_f32, x)
PEAK_LOOP(dot_avx512, "avx512f,avx512bf16", __m512, _mm512_set1_ps, STEP_DOT, _mm512_cvtss_f32, v)

PEAK_LOOP(abs_avx512, "avx512f", __m512, _mm512_set1_ps, STEP_ABS_AVX512, _mm512_cvtss_f32, v)
PEAK_LOOP(abs_avx2, "avx2,fma", __m256, _mm256_set1_ps, STEP_ABS_AVX2, _mm256_cvtss_f32, x)

Block differences_block() {
  if (__builtin_cpu_supports("avx512f")) return {"avx512", 16.0 * kChains * kRounds, abs_avx512};
  if (__builtin_cpu_supports("avx2")) return {"avx2", 8.0 * kChains * kRounds, abs_avx2};
  return {nullptr, 0, nullptr};
}

Block float32_block() {
  if (__builtin_cpu_supports("avx512f")) return {"avx512", 2.0 * 16 * kChains * kRounds, fma_avx512};
  if (__builtin_cpu_supports("fma")) return {"avx2", 2.0 * 8 * kChains * kRounds, fma_avx2};
  return {nullptr, 0, nullptr};
}

Block bfloat16_block() {
  if (__builtin_cpu_supports("avx512bf16")) return {"avx512_bf16", 4.0 * 16 * kChains * kRounds, dot_avx512};
  return {nullptr, 0, nullptr};
}

#elif defined(__aarch64__)

#define STEP_NEON(i) \
  sum##i = vfmaq_f32(start, sum##i, factor); \
  KEEP_w(i)
#define FIRST_LANE(v) vgetq_lane_f32(v, 0)

#define STEP_ABS_NEON(i) \
  sum##i = vaddq_f32(vabdq_f32(sum##i, start), factor); \
  KEEP_w(i)

PEAK_LOOP(fma_neon, "arch=armv8-a", float32x4_t, vdupq_n_f32, STEP_NEON, FIRST_LANE, w)

PEAK_LOOP(abs_neon, "arch=armv8-a", float32x4_t, vdupq_n_f32, STEP_ABS_NEON, FIRST_LANE, w)

Block differences_block() { return {"neon", 4.0 * kChains * kRounds, abs_neon}; }
Block float32_block() { return {"neon", 2.0 * 4 * kChains * kRounds, fma_neon}; }
Block bfloat16_block() { return {nullptr, 0, nullptr}; }

#endif

SpinResult spin(const Block& block, const std::vector<int>& cores, double milliseconds) {
  std::vector<double> rate(cores.size());
  if (!block.isa) return {nullptr, rate};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < cores.size(); ++i)
    threads.emplace_back([&, i] {
      pin_to(cores[i]);
      block.run(0.5f);  // wakes the wide units
      volatile float sink = 0;
      const double start = now_milliseconds();
      double elapsed = 0;
      int blocks = 0;
      for (; elapsed < milliseconds; elapsed = now_milliseconds() - start, ++blocks) sink = sink + block.run(0.5f);
      rate[i] = block.work * blocks / elapsed * 1e-6;
    });
  for (auto& thread : threads) thread.join();
  return {block.isa, rate};
}

}  // namespace

double SpinResult::slowest() const { return *std::min_element(rate.begin(), rate.end()); }

SpinResult spin_float32(const std::vector<int>& cores, double milliseconds) { return spin(float32_block(), cores, milliseconds); }

SpinResult spin_bfloat16(const std::vector<int>& cores, double milliseconds) { return spin(bfloat16_block(), cores, milliseconds); }

SpinResult spin_differences(const std::vector<int>& cores, double milliseconds) { return spin(differences_block(), cores, milliseconds); }

SpinResult spin_scalar_differences(const std::vector<int>& cores, double milliseconds) {
  return spin({"scalar", kScalarTerms, scalar_differences}, cores, milliseconds);
}

std::vector<int> allowed_cores(int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE && static_cast<int>(cores.size()) < count; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

double now_milliseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

}  // namespace ceiling
