#include "cpu/isa/scalar.h"
#include "distance/scan.inl.h"

namespace warpweft::distance {
const scans scan_scalar = WARPWEFT_ISA::make_scans();
}  // namespace warpweft::distance
