// The arithmetic wall of one core: independent fused multiply-adds that touch no memory.
#pragma once

#include <vector>

namespace ceiling {

struct SpinResult {
  const char* isa;           // null where the machine has no such instruction
  std::vector<double> rate;  // 10⁹ operations or terms a second, of each core

  double slowest() const;
};

// Every core of `cores` spins for about `milliseconds`, each thread pinned to its core.
SpinResult spin_float32(const std::vector<int>& cores, double milliseconds);

// The same with the bfloat16 dot instruction.
SpinResult spin_bfloat16(const std::vector<int>& cores, double milliseconds);

// |x − y| added to a sum: 10⁹ terms a second, in registers, and by a scalar loop over the rows of two small matrices.
SpinResult spin_differences(const std::vector<int>& cores, double milliseconds);
SpinResult spin_scalar_differences(const std::vector<int>& cores, double milliseconds);

// The cores this process may run on, at most `count` of them.
std::vector<int> allowed_cores(int count);

void pin_to(int core);

double now_milliseconds();

}  // namespace ceiling
