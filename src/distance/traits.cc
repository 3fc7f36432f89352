#include "distance/operands.h"
#include "distance/ops.gen.h"

namespace warpweft::distance {
namespace {

template <class Op>
double extra_of(const double* scalars, double square) {
  if constexpr (Op::has_extra) return WARPWEFT_ISA::make_op<Op>(scalars).extra(square);
  return 0.0;
}

}  // namespace

traits traits_of(metric_id metric) {
  switch (metric) {
#define WARPWEFT_TRAITS(name) \
  case metric_id::name: \
    return {WARPWEFT_ISA::name::kind,         WARPWEFT_ISA::name::scalar,    WARPWEFT_ISA::name::safety, \
            WARPWEFT_ISA::name::own,          WARPWEFT_ISA::name::has_extra, WARPWEFT_ISA::name::centred_rows, \
            WARPWEFT_ISA::name::on_unit_rows, WARPWEFT_ISA::name::shifts,    WARPWEFT_ISA::name::constant_slope};
    WARPWEFT_DISTANCE_LIST(WARPWEFT_TRAITS)
#undef WARPWEFT_TRAITS
    default: return {};
  }
}

double extra_of(metric_id metric, const double* scalars, double square) {
  switch (metric) {
#define WARPWEFT_EXTRA(name) \
  case metric_id::name: return extra_of<WARPWEFT_ISA::name>(scalars, square);
    WARPWEFT_DISTANCE_LIST(WARPWEFT_EXTRA)
#undef WARPWEFT_EXTRA
    default: return 0.0;
  }
}

}  // namespace warpweft::distance
