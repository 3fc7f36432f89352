// The vector vocabulary of one instruction set as plain functions over arrays, so that ordinary code can look at it.
// Defined by words_<isa>.cc, which are compiled for their instruction set and must not instantiate shared templates.
#pragma once
#include <cstdint>

#include "cpu/features.h"

namespace register_words {

enum class comparison { less, less_equal, greater, greater_equal, equal };

// Each works on one register: `lanes` floats.
struct table {
  int lanes;
  void (*exp)(const float* a, float* out);
  void (*log)(const float* a, float* out);
  void (*log1p)(const float* a, float* out);
  void (*tanh)(const float* a, float* out);
  void (*sqrt)(const float* a, float* out);
  void (*abs)(const float* a, float* out);
  void (*negate)(const float* a, float* out);
  void (*sign_of)(const float* a, float* out);
  void (*add)(const float* a, const float* b, float* out);
  void (*subtract)(const float* a, const float* b, float* out);
  void (*multiply)(const float* a, const float* b, float* out);
  void (*divide)(const float* a, const float* b, float* out);
  void (*max)(const float* a, const float* b, float* out);
  void (*min)(const float* a, const float* b, float* out);
  void (*max_or_nan)(const float* a, const float* b, float* out);
  void (*power_of_ratio)(const float* a, const float* b, float* out);
  void (*fma)(const float* a, const float* b, const float* c, float* out);
  // select(a < b, yes, no)
  void (*select)(const float* a, const float* b, const float* yes, const float* no, float* out);
  uint64_t (*compare)(comparison how, const float* a, const float* b);
  // Masks as their bits: of a < 0 and b < 0.
  uint64_t (*both)(const float* a, const float* b);
  uint64_t (*either)(const float* a, const float* b);
  uint64_t (*neither)(const float* a);  // !(a < 0)
  bool (*any)(const float* a);          // some a < 0
  uint64_t (*same_label)(const int32_t* labels, int32_t label);
  uint64_t (*only_lane)(int64_t at);
  uint64_t (*lanes_before)(int64_t at);
};

#define WORDS_DECLARE(name) extern const table name;
WARPWEFT_ISA_LIST(WORDS_DECLARE)
#undef WORDS_DECLARE

// Of the instruction set in use.
inline const table& in_use() {
  switch (warpweft::cpu::in_use().functors) {
#define WORDS_CASE(name) \
  case warpweft::cpu::isa_id::name: return name;
    WARPWEFT_ISA_LIST(WORDS_CASE)
#undef WORDS_CASE
    default: return scalar;
  }
}

}  // namespace register_words
