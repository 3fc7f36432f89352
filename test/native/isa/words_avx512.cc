#include "cpu/isa/avx512.h"
#include "isa/words.inl.h"

namespace register_words {
const table avx512 = warpweft::WARPWEFT_ISA::make_words();
}  // namespace register_words
