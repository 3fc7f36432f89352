// A kernel of which every thread leaves one number: for tests of what threads do to each other.
#pragma once
#include <string>
#include <vector>

#include "program.h"

namespace ptx {

struct left_behind {
  outcome how;
  std::vector<uint32_t> d;  // of every thread of the grid, 0xeeeeeeee where it wrote none
};

// `body` finds %t (the thread's number in its block), %g (in the grid), %r0-%r9 (.b32), %p0-%p5 (.pred), %l0-%l5 (.b64), %out (the
// address of the grid's numbers) and writes %d, 0 before. Threads that come to its end leave %d.
inline std::string threads_module(const std::string& body, const std::string& target = "sm_80", const std::string& before = "") {
  return kernel(
      ".reg .b32 %t, %g, %d, %block_, %size_, %r<10>;\n.reg .pred %p<6>;\n.reg .b64 %at_, %out, %l<6>;\n"
      "mov.u32 %t, %tid.x;\nmov.u32 %block_, %ctaid.x;\nmov.u32 %size_, %ntid.x;\nmad.lo.u32 %g, %block_, %size_, %t;\n"
      "ld.param.u64 %out, [out];\nmul.wide.u32 %at_, %g, 4;\nadd.u64 %at_, %at_, %out;\nmov.u32 %d, 0;\n" +
          body + "\nst.global.u32 [%at_], %d;\nret;",
      ".param .u64 out", target, before);
}

inline left_behind run_threads(const std::string& body, uint32_t block, uint32_t grid = 1, const std::string& target = "sm_80",
                               const std::string& before = "") {
  const buffer out(std::vector<uint32_t>(size_t{block} * grid, 0xeeeeeeee));
  left_behind all;
  all.how = launch(threads_module(body, target, before), "k", {grid}, {block}, out);
  if (all.how.ok()) all.d = out.read<uint32_t>();
  return all;
}

}  // namespace ptx
