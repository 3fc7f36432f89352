// A thread's own scratch memory for code that is compiled per instruction set and must not instantiate shared templates.
#pragma once
#include <cstdint>

namespace warpweft::cpu {

// At least `count` floats, valid until the same thread asks again; 64-byte aligned.
float* thread_scratch(int64_t count);

}  // namespace warpweft::cpu
