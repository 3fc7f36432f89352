#include "cpu/isa/neon.h"
#include "distance/scan.inl.h"

namespace warpweft::distance {
const scans scan_neon = WARPWEFT_ISA::make_scans();
}  // namespace warpweft::distance
