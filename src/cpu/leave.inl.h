// Lines of results leave past the caches.
#pragma once
#include "cpu/leaving.h"

namespace warpweft {
namespace WARPWEFT_ISA {

WARPWEFT_HD void leave_line(cpu::leaving& past) {
#pragma GCC unroll 4
  for (int v = 0; v < cpu::line_floats; v += vec_lanes) hn::Stream(hn::LoadU(tag(), past.from + v), tag(), past.to + v);
  past.advance();
}
inline void leave(cpu::leaving& past) {
  while (past.lines > 0) leave_line(past);
}

}  // namespace WARPWEFT_ISA
}  // namespace warpweft
