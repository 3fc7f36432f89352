// Where a test runs: each instruction set of this build, and each packed format. One that the machine lacks is a visible skip.
#pragma once
#include <string>
#include <vector>

#include "cpu/features.h"
#include "harness.h"

namespace places {

// Every instruction set that this build could know, whether or not the machine has it.
inline std::vector<std::string> known() {
  std::vector<std::string> names;
#define PLACES_NAME(name) names.push_back(#name);
  WARPWEFT_ISA_LIST(PLACES_NAME)
#undef PLACES_NAME
#if defined(__x86_64__)
  names.push_back("avx512_bf16");
  names.push_back("avx512_amx");
#endif
  return names;
}

inline const warpweft::cpu::instruction_set& find(const std::string& name) {
  for (const auto& set : warpweft::cpu::available())
    if (name == set.name) return set;
  throw harness::skipped{"this machine has no " + name};
}

// Puts back the instruction set that was in use.
struct in_use {
  explicit in_use(const std::string& name) : before(warpweft::cpu::in_use().name) { warpweft::cpu::use(find(name).name); }
  ~in_use() { warpweft::cpu::use(before); }
  in_use(const in_use&) = delete;
  const std::string before;
};

// Where word k of row or lane i stands in a packed panel of `width` of them.
inline int64_t packed_at(const warpweft::cpu::kernels& kern, int width, int64_t depth, int64_t k, int64_t i) {
  return kern.rows_as_they_stand && width == kern.rows ? i * depth + k : k * width + i;
}

// Registers `body` once for each instruction set; it is in use while the body runs.
inline bool on_each(const std::string& name, void (*body)()) {
  for (const std::string& place : known())
    harness::add(name + " on " + place, [place, body] {
      const in_use set(place);
      body();
    });
  return true;
}

// Registers `body` once for each table of kernels: a packed format of an instruction set.
inline bool on_each_table(const std::string& name, void (*body)(const warpweft::cpu::kernels&)) {
  for (const std::string& place : known())
    harness::add(name + " on " + place, [place, body] {
      const in_use set(place);
      const auto& tables = warpweft::cpu::in_use();
      body(tables.bf16_pairs ? *tables.bf16_pairs : *tables.float32);
    });
  return true;
}

}  // namespace places

#define PLACES_TEST(register_with, name, function, ...) \
  static void function(__VA_ARGS__); \
  static const bool HARNESS_JOIN(function, _registered) = places::register_with(name, function); \
  static void function(__VA_ARGS__)
#define TEST_EACH(name) PLACES_TEST(on_each, name, HARNESS_JOIN(test_, __LINE__))
#define TEST_EACH_TABLE(name) \
  PLACES_TEST(on_each_table, name, HARNESS_JOIN(test_, __LINE__), [[maybe_unused]] const warpweft::cpu::kernels& kern)
