// Which instruction sets this build has, which of them this machine runs, and which is in use.
#pragma once
#include <string>
#include <vector>

#include "cpu/kernels.h"

#if defined(__x86_64__)
#define WARPWEFT_ISA_LIST(X) X(scalar) X(avx2) X(avx512)
#elif defined(__aarch64__)
#define WARPWEFT_ISA_LIST(X) X(scalar) X(neon)
#else
#define WARPWEFT_ISA_LIST(X) X(scalar)
#endif

namespace warpweft::cpu {

// The functors of a family are compiled for each of WARPWEFT_ISA_LIST; avx512_bf16 and avx512_amx are avx512 with other register tiles.
enum class isa_id {
#define WARPWEFT_ID(name) name,
  WARPWEFT_ISA_LIST(WARPWEFT_ID)
#undef WARPWEFT_ID
      count
};

struct instruction_set {
  const char* name;
  isa_id functors;
  const kernels* float32;
  const kernels* bf16_pairs;  // null where the machine has no bfloat16 dot
};

// Those that this machine runs, slowest first; "scalar" always.
const std::vector<instruction_set>& available();
const instruction_set& in_use();
// Throws ERR_ARGUMENT naming the available ones.
void use(const std::string& name);
// WARPWEFT_ISA, else the fastest. Throws as `use` does.
void use_default();
std::string cpu_name();

}  // namespace warpweft::cpu
