#include "cpu/isa/avx2.h"
#include "isa/words.inl.h"

namespace register_words {
const table avx2 = warpweft::WARPWEFT_ISA::make_words();
}  // namespace register_words
