#include "cpu/isa/neon.h"
#include "isa/words.inl.h"

namespace register_words {
const table neon = warpweft::WARPWEFT_ISA::make_words();
}  // namespace register_words
