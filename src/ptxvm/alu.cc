#include "ptxvm/alu.h"

#include <bit>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ptxvm/fault.h"
#include "ptxvm/options.h"

namespace ptxvm {
namespace {

struct tables {
  bindings integers, floats, conversions, tensors;
};

// PTXVM_ISA names a lesser instruction set than the machine's best, for those who compare them.
const tables& best() {
  static const tables chosen = [] {
#if defined(__x86_64__)
    const char* const named = std::getenv("PTXVM_ISA");
    const std::string_view most = named ? named : "avx512";
    if (most == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
      return tables{avx512::integer_bindings(), avx512::float_bindings(), avx512::convert_bindings(), avx512::tensor_bindings()};
    if (most != "scalar" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
      return tables{avx2::integer_bindings(), avx2::float_bindings(), avx2::convert_bindings(), avx2::tensor_bindings()};
#endif
    return tables{scalar::integer_bindings(), scalar::float_bindings(), scalar::convert_bindings(), scalar::tensor_bindings()};
  }();
  return chosen;
}

binder find(const bindings& in, const std::string& opcode) {
  for (size_t i = 0; i < in.count; ++i)
    if (opcode == in.first[i].opcode) return in.first[i].how;
  return nullptr;
}

bool is_float(type t) {
  return t == type::f16 || t == type::f16x2 || t == type::bf16 || t == type::bf16x2 || t == type::f32 || t == type::f64;
}

void by_type(decoder& d) {
  const auto& modifiers = d.in().modifiers;
  const bool floats = !modifiers.empty() && is_float(type_named(modifiers.back()));
  find(floats ? best().floats : best().integers, d.in().opcode)(d);
}

void add(registry& to, const bindings& those) {
  for (size_t i = 0; i < those.count; ++i) {
    const std::string opcode = those.first[i].opcode;
    const bool shared = find(best().integers, opcode) && find(best().floats, opcode);
    to.add(opcode, shared ? by_type : those.first[i].how);
  }
}

}  // namespace

void register_integer(registry& to) { add(to, best().integers); }
void register_float(registry& to) { add(to, best().floats); }
void register_convert(registry& to) { add(to, best().conversions); }
void register_tensor(registry& to) {
  add(to, best().tensors);
  register_wmma(to);
}

void fail_partial_warp(const op&, lanes active) {
  const lanes missing = ~active;
  fail(status::illegal_instruction, std::countr_zero(active), "an .aligned instruction needs all 32 threads of the warp together; lane ",
       std::countr_zero(missing), " and ", std::popcount(missing) - 1, " others are elsewhere or have exited");
}

void refuse_type(const decoder& d, type) {
  std::string words = d.in().opcode;
  for (const std::string& modifier : d.in().modifiers) words += "." + modifier;
  d.refuse(words + " is not understood: no such type for this opcode and its modifiers");
}

uint64_t nanoseconds() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

int perturbation() { return settings().perturb; }

int random_ulps(int most) {
  static thread_local uint64_t state = settings().seed * 0x9e3779b97f4a7c15u + 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<int>((state >> 33) % (2 * static_cast<uint64_t>(most) + 1)) - most;
}

}  // namespace ptxvm
