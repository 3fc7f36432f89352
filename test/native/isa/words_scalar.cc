#include "cpu/isa/scalar.h"
#include "isa/words.inl.h"

namespace register_words {
const table scalar = warpweft::WARPWEFT_ISA::make_words();
}  // namespace register_words
