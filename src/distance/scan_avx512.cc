#include "cpu/isa/avx512.h"
#include "distance/scan.inl.h"

namespace warpweft::distance {
const scans scan_avx512 = WARPWEFT_ISA::make_scans();
}  // namespace warpweft::distance
