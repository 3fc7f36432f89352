#include "cpu/isa/avx2.h"
#include "distance/scan.inl.h"

namespace warpweft::distance {
const scans scan_avx2 = WARPWEFT_ISA::make_scans();
}  // namespace warpweft::distance
