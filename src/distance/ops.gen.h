// Generated from lib/distance/table.ts by `npm run generate`; do not edit.
#pragma once

#include "distance/ops/inner.h"
#include "distance/ops/cosine_similarity.h"
#include "distance/ops/cosine.h"
#include "distance/ops/sqeuclidean.h"
#include "distance/ops/euclidean.h"
#include "distance/ops/correlation.h"
#include "distance/ops/snr.h"
#include "distance/ops/poincare.h"
#include "distance/ops/gaussian.h"
#include "distance/ops/mahalanobis.h"
#include "distance/ops/structured.h"
#include "distance/ops/cityblock.h"
#include "distance/ops/chebyshev.h"
#include "distance/ops/minkowski.h"

namespace warpweft::distance::WARPWEFT_ISA {

// From positional values, in the order of the fields.
template <class Op>
WARPWEFT_HD Op make_op(const double* s);
template <>
WARPWEFT_HD inner make_op<inner>(const double*) {
  return {};
}
template <>
WARPWEFT_HD cosine_similarity make_op<cosine_similarity>(const double*) {
  return {};
}
template <>
WARPWEFT_HD cosine make_op<cosine>(const double*) {
  return {};
}
template <>
WARPWEFT_HD sqeuclidean make_op<sqeuclidean>(const double*) {
  return {};
}
template <>
WARPWEFT_HD euclidean make_op<euclidean>(const double*) {
  return {};
}
template <>
WARPWEFT_HD correlation make_op<correlation>(const double*) {
  return {};
}
template <>
WARPWEFT_HD snr make_op<snr>(const double*) {
  return {};
}
template <>
WARPWEFT_HD poincare make_op<poincare>(const double* s) {
  return {{}, {s[0]}};
}
template <>
WARPWEFT_HD gaussian make_op<gaussian>(const double* s) {
  return {{}, {s[0]}};
}
template <>
WARPWEFT_HD mahalanobis make_op<mahalanobis>(const double* s) {
  return {{}, {s[0] != 0}};
}
template <>
WARPWEFT_HD structured make_op<structured>(const double*) {
  return {};
}
template <>
WARPWEFT_HD cityblock make_op<cityblock>(const double*) {
  return {};
}
template <>
WARPWEFT_HD chebyshev make_op<chebyshev>(const double*) {
  return {};
}
template <>
WARPWEFT_HD minkowski make_op<minkowski>(const double* s) {
  return {{}, {s[0]}};
}

}  // namespace warpweft::distance::WARPWEFT_ISA
