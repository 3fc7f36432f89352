#include "ptxvm/code.h"

namespace ptxvm {

const registry& registry::get() {
  static const registry all = [] {
    registry r;
    register_integer(r);
    register_float(r);
    register_convert(r);
    register_tensor(r);
    register_memory(r);
    register_atomic(r);
    register_warp(r);
    register_control(r);
    return r;
  }();
  return all;
}

binder registry::find(const std::string& opcode) const {
  const auto found = binders_.find(opcode);
  return found == binders_.end() ? nullptr : found->second;
}

}  // namespace ptxvm
