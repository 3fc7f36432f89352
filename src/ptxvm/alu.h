// Arithmetic, logic, compares, moves and conversions, compiled once for each instruction set; alu.cc takes the best that runs here.
#pragma once
#include "ptxvm/code.h"

namespace ptxvm {

struct binding {
  const char* opcode;
  binder how;
};

struct bindings {
  const binding* first;
  size_t count;
};

// Opcodes that integers and floats share (add, min, …) stand in both tables and go by the instruction's last type.
#define PTXVM_DECLARE_ALU(isa) \
  namespace isa { \
  bindings integer_bindings(); \
  bindings float_bindings(); \
  bindings convert_bindings(); \
  bindings tensor_bindings(); \
  }
PTXVM_DECLARE_ALU(scalar)
PTXVM_DECLARE_ALU(avx2)
PTXVM_DECLARE_ALU(avx512)
#undef PTXVM_DECLARE_ALU

// An .aligned instruction that not all 32 lanes execute together.
[[noreturn]] void fail_partial_warp(const op& o, lanes active);

// "mul has no type f16x3": the instruction's opcode goes with no such type, or not with these modifiers.
[[noreturn]] void refuse_type(const decoder& d, type t);

// What %clock and %globaltimer tell.
uint64_t nanoseconds();

void register_wmma(registry& to);

// How far results of .approx instructions are moved (PTXVM_PERTURB): at most ± n units in the last place.
int perturbation();
int random_ulps(int most);

}  // namespace ptxvm
