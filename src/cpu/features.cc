#include "cpu/features.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/job.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace warpweft::cpu {
namespace {

#if defined(__x86_64__)
// The matrix unit's registers are lent to a process that asks for them. Linux before 5.16 knows no such request.
bool has_amx() {
#if defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned amx_bf16_bit = 1u << 22, amx_tile_bit = 1u << 24;  // leaf 7, subleaf 0, EDX
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & amx_bf16_bit) || !(d & amx_tile_bit)) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}
#endif

std::vector<instruction_set> detect() {
  std::vector<instruction_set> found{{"scalar", isa_id::scalar, &isa::scalar, nullptr}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (avx2) found.push_back({"avx2", isa_id::avx2, &isa::avx2, nullptr});
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) {
    found.push_back({"avx512", isa_id::avx512, &isa::avx512, nullptr});
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned bf16_bit = 1u << 5;  // leaf 7, subleaf 1, EAX
    // Every chip with the bfloat16 dot has the one of bytes too.
    if (__builtin_cpu_supports("avx512vnni") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & bf16_bit))
      found.push_back({"avx512_bf16", isa_id::avx512, &isa::avx512, &isa::avx512_bf16});
    if (found.back().bf16_pairs && has_amx()) found.push_back({"avx512_amx", isa_id::avx512, &isa::avx512, &isa::avx512_amx});
  }
#elif defined(__aarch64__)
  found.push_back({"neon", isa_id::neon, &isa::neon, nullptr});
#endif
  return found;
}

std::atomic<const instruction_set*> current{nullptr};

}  // namespace

const std::vector<instruction_set>& available() {
  static const std::vector<instruction_set> list = detect();
  return list;
}

const instruction_set& in_use() {
  const instruction_set* set = current.load(std::memory_order_acquire);
  return set ? *set : available().back();
}

void use(const std::string& name) {
  std::string names;
  for (const instruction_set& set : available()) {
    if (name == set.name) return current.store(&set, std::memory_order_release);
    names += std::string(names.empty() ? "" : ", ") + set.name;
  }
  throw coded_error("ERR_ARGUMENT", "instruction set must be one that this machine runs (" + names + "), got " + name);
}

void use_default() {
  const char* wanted = std::getenv("WARPWEFT_ISA");
  if (!wanted || !*wanted) return;
  try {
    use(wanted);
  } catch (const coded_error& error) {
    throw coded_error(error.code, std::string("WARPWEFT_ISA: ") + error.what());
  }
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
#if defined(__aarch64__)
  return "aarch64";
#elif defined(__x86_64__)
  return "x86_64";
#else
  return "unknown";
#endif
}

}  // namespace warpweft::cpu
