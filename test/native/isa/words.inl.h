// Fills register_words::table. Included after cpu/isa/<name>.h.
#pragma once
#include "isa/words.h"

namespace warpweft::WARPWEFT_ISA {

#define WORDS_UNARY(name, value) \
  inline void word_##name(const float* p, float* out) { \
    const vec a = load(p); \
    store(value, out); \
  }
WORDS_UNARY(exp, exp(a))
WORDS_UNARY(log, log(a))
WORDS_UNARY(log1p, log1p(a))
WORDS_UNARY(tanh, tanh(a))
WORDS_UNARY(sqrt, sqrt(a))
WORDS_UNARY(abs, abs(a))
WORDS_UNARY(negate, -a)
WORDS_UNARY(sign_of, sign_of(a))
#undef WORDS_UNARY

#define WORDS_BINARY(name, value) \
  inline void word_##name(const float* p, const float* q, float* out) { \
    const vec a = load(p), b = load(q); \
    store(value, out); \
  }
WORDS_BINARY(add, a + b)
WORDS_BINARY(subtract, a - b)
WORDS_BINARY(multiply, a* b)
WORDS_BINARY(divide, a / b)
WORDS_BINARY(max, max(a, b))
WORDS_BINARY(min, min(a, b))
WORDS_BINARY(max_or_nan, max_or_nan(abs(a), abs(b)))
WORDS_BINARY(power_of_ratio, power_of_ratio(a, b))
#undef WORDS_BINARY

inline mask negative(const float* p) { return load(p) < vec(0.0f); }

inline uint64_t word_compare(register_words::comparison how, const float* p, const float* q) {
  const vec a = load(p), b = load(q);
  switch (how) {
    case register_words::comparison::less: return bits_of(a < b);
    case register_words::comparison::less_equal: return bits_of(a <= b);
    case register_words::comparison::greater: return bits_of(a > b);
    case register_words::comparison::greater_equal: return bits_of(a >= b);
    default: return bits_of(a == b);
  }
}

constexpr register_words::table make_words() {
  register_words::table t{};
  t.lanes = vec_lanes;
  t.exp = word_exp;
  t.log = word_log;
  t.log1p = word_log1p;
  t.tanh = word_tanh;
  t.sqrt = word_sqrt;
  t.abs = word_abs;
  t.negate = word_negate;
  t.sign_of = word_sign_of;
  t.add = word_add;
  t.subtract = word_subtract;
  t.multiply = word_multiply;
  t.divide = word_divide;
  t.max = word_max;
  t.min = word_min;
  t.max_or_nan = word_max_or_nan;
  t.power_of_ratio = word_power_of_ratio;
  t.fma = [](const float* a, const float* b, const float* c, float* out) { store(fma(load(a), load(b), load(c)), out); };
  t.select = [](const float* a, const float* b, const float* yes, const float* no, float* out) {
    store(select(load(a) < load(b), load(yes), load(no)), out);
  };
  t.compare = word_compare;
  t.both = [](const float* a, const float* b) { return bits_of(negative(a) && negative(b)); };
  t.either = [](const float* a, const float* b) { return bits_of(negative(a) || negative(b)); };
  t.neither = [](const float* a) { return bits_of(!negative(a)); };
  t.any = [](const float* a) { return any(negative(a)); };
  t.same_label = [](const int32_t* labels, int32_t label) { return bits_of(same_label(labels, label)); };
  t.only_lane = [](int64_t at) { return bits_of(only_lane(at)); };
  t.lanes_before = [](int64_t at) { return bits_of(lanes_before(at)); };
  return t;
}

}  // namespace warpweft::WARPWEFT_ISA
