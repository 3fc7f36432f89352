#include "cpu/scratch.h"

#include "cpu/buffer.h"

namespace warpweft::cpu {

float* thread_scratch(int64_t count) {
  static thread_local buffer<float> memory;
  if (!memory || memory.size() < count) memory.resize(count);
  return memory.data();
}

}  // namespace warpweft::cpu
