// mma.sync. Products are exact and sums are in double, in the order of k, rounded once to the accumulator: closer to the true sum
// than tensor cores come, whose own order and truncation nothing specifies. Integers are exact before they wrap or saturate.
//
// Every operand is made of tiles of 8 rows, one register each. With g = lane / 4 and t = lane % 4 a register of A or B holds row g
// (a row of A, a column of B) and, of its width, the elements t·e … t·e + e − 1, where e is how many a register packs: lane after
// lane that is the tile in row-major order. Tiles go down the rows first, then along k. Of C and D, a pair of 32-bit registers holds
// columns 2t and 2t + 1 of row g, and so does one register of f16x2.
#pragma once

#include "ptxvm/floats.inl.h"

namespace ptxvm::PTXVM_ISA {

// Vectors no longer than the host's, or they would live in memory.
#if defined(__AVX512F__)
typedef double some_of_8 __attribute__((vector_size(64)));
#else
typedef double some_of_8 __attribute__((vector_size(32)));
#endif
constexpr int vectors_of_8 = 64 / sizeof(some_of_8);
struct alignas(64) row_of_8 {
  some_of_8 part[vectors_of_8];
};

// How an element lies in a register.
struct element_f16 {
  using raw = uint16_t;
  static float up(raw x) { return from_f16(x); }
  static void up_all(const raw* from, float* to, int n) { from_f16_all(from, to, n); }
};
struct element_bf16 {
  using raw = uint16_t;
  static float up(raw x) { return from_bf16(x); }
};
struct element_tf32 {  // the low 13 bits do not count
  using raw = uint32_t;
  static float up(raw x) { return std::bit_cast<float>(x & 0xffffe000u); }
};
struct element_s8 {
  using raw = int8_t;
  static double up(raw x) { return x; }
};
struct element_u8 {
  using raw = uint8_t;
  static double up(raw x) { return x; }
};
struct element_f64 {
  using raw = double;
  static double up(raw x) { return x; }
};

struct accumulator_f32 {
  using raw = float;
  static double up(raw x) { return x; }
  static raw down(double x, bool) { return canonical(static_cast<float>(x)); }
};
struct accumulator_f16 {
  using raw = uint16_t;
  static float up(raw x) { return from_f16(x); }
  static void up_all(const raw* from, float* to, int n) { from_f16_all(from, to, n); }
  static raw down(double x, bool) { return to_f16(odd_float(x)); }
};
struct accumulator_s32 {
  using raw = int32_t;
  static double up(raw x) { return x; }
  static raw down(double x, bool saturate) {
    const int64_t whole = static_cast<int64_t>(x);
    return saturate ? clamp(whole) : static_cast<int32_t>(static_cast<uint32_t>(whole));
  }
  static int32_t clamp(int64_t x) { return static_cast<int32_t>(x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : x); }
};
struct accumulator_f64 {
  using raw = double;
  static double up(raw x) { return x; }
  static raw down(double x, bool) { return x; }
};

template <int m, int k>
struct operands {
  alignas(64) double a[m][k];
  row_of_8 b[k];
  row_of_8 c[m];
};

// Exact products may be fused with sums or not: it is the same, and so the compiler is let loose where it can be.
#if defined(__GNUC__) && !defined(__clang__)
#define PTXVM_MAY_FUSE __attribute__((noinline, optimize("fp-contract=fast")))
#else
#define PTXVM_MAY_FUSE
#endif

// As many rows at a time as there are registers for, and no fewer than hide the latency of a sum.
#if defined(__AVX512F__)
constexpr int rows_at_once = 8;
#else
constexpr int rows_at_once = 4;
#endif

template <int m, int k>
PTXVM_MAY_FUSE void multiply_exact(operands<m, k>& x) {
  for (int i = 0; i < m; i += rows_at_once) {
    row_of_8 sum[rows_at_once];
    for (int r = 0; r < rows_at_once; ++r) sum[r] = x.c[i + r];
    for (int p = 0; p < k; ++p)
      for (int r = 0; r < rows_at_once; ++r)
        for (int v = 0; v < vectors_of_8; ++v) sum[r].part[v] += x.a[i + r][p] * x.b[p].part[v];
    for (int r = 0; r < rows_at_once; ++r) x.c[i + r] = sum[r];
  }
}
#undef PTXVM_MAY_FUSE

// f64's are fused, each rounded once.
template <int m, int k>
void multiply_fused(operands<m, k>& x) {
  double* const c = reinterpret_cast<double*>(x.c);
  const double* const b = reinterpret_cast<const double*>(x.b);
  for (int i = 0; i < m; ++i)
    for (int p = 0; p < k; ++p)
      for (int n = 0; n < 8; ++n) c[i * 8 + n] = std::fma(x.a[i][p], b[p * 8 + n], c[i * 8 + n]);
}

template <class E>
constexpr int tile_width = static_cast<int>(4 * (sizeof(typename E::raw) == 8 ? 1 : 4 / sizeof(typename E::raw)));

typedef uint16_t row_of_u16 __attribute__((vector_size(16), aligned(16)));

// 8 × 8 elements of 16 bits.
inline void transpose(const uint16_t* from, uint16_t* to) {
  const row_of_u16* const x = reinterpret_cast<const row_of_u16*>(from);
  row_of_u16 y[8], z[8];
  const row_of_u16 low = {0, 8, 1, 9, 2, 10, 3, 11}, high = {4, 12, 5, 13, 6, 14, 7, 15};
  const auto riffle = [&](const row_of_u16* in, row_of_u16* out) {  // row i with row i + 4
    for (int i = 0; i < 4; ++i)
      out[2 * i] = __builtin_shuffle(in[i], in[i + 4], low), out[2 * i + 1] = __builtin_shuffle(in[i], in[i + 4], high);
  };
  riffle(x, y), riffle(y, z), riffle(z, reinterpret_cast<row_of_u16*>(to));
}

// In two loops, because compilers make vectors of each but not of both in one.
template <class E, int n>
inline void widen(const typename E::raw* from, double* to) {
  alignas(64) decltype(E::up({})) middle[n];
  if constexpr (requires { E::up_all(from, middle, n); })
    E::up_all(from, middle, n);
  else
    for (int i = 0; i < n; ++i) middle[i] = E::up(from[i]);
  for (int i = 0; i < n; ++i) to[i] = middle[i];
}

template <class E, int m, int k>
inline void load_a(operands<m, k>& x, warp& w, const slot* registers) {
  constexpr int width = tile_width<E>;
  for (int tile = 0; tile < m / 8 * (k / width); ++tile) {
    const auto* const from = w.lanes_of<typename E::raw>(registers[tile]);
    const int row = tile % (m / 8) * 8, column = tile / (m / 8) * width;
    alignas(64) double rows[8 * width];
    widen<E, 8 * width>(from, rows);
    for (int i = 0; i < 8; ++i) std::memcpy(&x.a[row + i][column], rows + i * width, width * sizeof(double));
  }
}
template <class E, int m, int k>
inline void load_b(operands<m, k>& x, warp& w, const slot* registers) {
  constexpr int width = tile_width<E>;
  for (int tile = 0; tile < k / width; ++tile) {
    const auto* from = w.lanes_of<typename E::raw>(registers[tile]);
    double* const to = reinterpret_cast<double*>(x.b + tile * width);
    if constexpr (sizeof(typename E::raw) == 2) {
      alignas(64) uint16_t turned[64];
      transpose(from, turned);
      widen<E, 64>(turned, to);
    } else {
      alignas(64) double columns[8 * width];
      widen<E, 8 * width>(from, columns);
      for (int j = 0; j < width; ++j)
        for (int n = 0; n < 8; ++n) to[j * 8 + n] = columns[n * width + j];
    }
  }
}
template <class A, int m, int k>
inline void load_c(operands<m, k>& x, warp& w, const slot* registers) {
  double* const c = reinterpret_cast<double*>(x.c);
  for (int tile = 0; tile < m / 8; ++tile)
    if constexpr (sizeof(typename A::raw) == 2) {
      const auto* const from = w.lanes_of<typename A::raw>(registers[tile]);
      widen<A, 64>(from, c + tile * 64);
    } else {
      const auto* const even = w.lanes_of<typename A::raw>(registers[2 * tile]);
      const auto* const odd = w.lanes_of<typename A::raw>(registers[2 * tile + 1]);
      for (int i = 0; i < 32; ++i) c[tile * 64 + 2 * i] = A::up(even[i]), c[tile * 64 + 2 * i + 1] = A::up(odd[i]);
    }
}
template <class A, int m, int k>
inline void store_d(const operands<m, k>& x, warp& w, const slot* registers, bool saturate) {
  const double* const c = reinterpret_cast<const double*>(x.c);
  for (int tile = 0; tile < m / 8; ++tile)
    if constexpr (sizeof(typename A::raw) == 2) {
      auto* const to = w.lanes_of<typename A::raw>(registers[tile]);
      alignas(64) float odd[64];
      for (int i = 0; i < 64; ++i) odd[i] = odd_float(c[tile * 64 + i]);
      to_f16_all(odd, to, 64);
    } else {
      auto* const even = w.lanes_of<typename A::raw>(registers[2 * tile]);
      auto* const odd = w.lanes_of<typename A::raw>(registers[2 * tile + 1]);
      alignas(64) typename A::raw values[64];
      for (int i = 0; i < 64; ++i) values[i] = A::down(c[tile * 64 + i], saturate);
      for (int i = 0; i < 32; ++i) even[i] = values[2 * i], odd[i] = values[2 * i + 1];
    }
}

template <class E, int m, int k>
constexpr int a_registers = m / 8 * (k / tile_width<E>);
template <class E, int k>
constexpr int b_registers = k / tile_width<E>;
template <class A, int m>
constexpr int c_registers = m / 8 * (sizeof(typename A::raw) == 2 ? 1 : 2);

// op::more: the registers of D, A, B, C. op::flags: satfinite.
template <class EA, class EB, class Acc, int m, int k>
flow multiplied(warp& w, const op& o, lanes active) {
  if (active != all_lanes) fail_partial_warp(o, active);
  operands<m, k> x;
  const slot* const a = o.more + c_registers<Acc, m>;
  const slot* const b = a + a_registers<EA, m, k>;
  load_a<EA>(x, w, a);
  load_b<EB>(x, w, b);
  load_c<Acc>(x, w, b + b_registers<EB, k>);
  if constexpr (std::is_same_v<EA, element_f64>)
    multiply_fused(x);
  else
    multiply_exact(x);
  store_d<Acc>(x, w, o.more, o.flags);
  w.block->counts.tensor_operations += uint64_t{2} * m * 8 * k;
  return flow::next;
}

}  // namespace ptxvm::PTXVM_ISA
