// What the checker of shared memory says when it stops a launch.
#include <bit>
#include <string>

#include "ptxvm/shared.h"

namespace ptxvm {
namespace {

std::string threads_of(uint32_t warp) {
  return "threads " + std::to_string(warp * warp_size) + "-" + std::to_string(warp * warp_size + warp_size - 1);
}

}  // namespace

void shared_memory::not_waited(const cell& c, uint32_t word, int lane, const char* what) const {
  fail(status::launch_failed, lane, what, " of shared memory at offset ", word * 4, ", the target of a cp.async of thread ",
       c.writer * warp_size + c.writer_lane, " that has not been waited for");
}

void shared_memory::race(const present& p, const cell& c, uint32_t word, int lane, bool writes, bool with_write) const {
  std::string other;
  uint32_t warp = c.writer;
  if (with_write) {
    other = c.writer_lane == no_lane ? "a cp.async of " + threads_of(warp)
                                     : "the write of thread " + std::to_string(warp * warp_size + c.writer_lane);
  } else {
    warp = static_cast<uint32_t>(std::countr_zero(c.readers));
    for (uint32_t rest = c.readers; rest; rest &= rest - 1) {
      const auto w = static_cast<uint32_t>(std::countr_zero(rest));
      const uint32_t epoch = c.flags & many ? many_readers_[c.reader_lanes][w] : c.read_at;
      if (w != p.warp && epoch > known_[p.warp][w]) warp = w;
    }
    other = "a read by " + threads_of(warp);
  }
  const bool same_instruction = with_write && writes && warp == p.warp && c.written_at == p.epoch && c.writer_lane < warp_size &&
                                (p.access.active >> c.writer_lane & 1) && p.access.values && p.access.at[c.writer_lane] / 4 <= word &&
                                word * 4 < p.access.at[c.writer_lane] + p.access.bytes;
  fail(status::launch_failed, lane, "data race in shared memory at offset ", word * 4, ": the ", writes ? "write" : "read", " of ",
       p.access.bytes, " bytes by thread ", p.warp * warp_size + static_cast<uint32_t>(lane), " and ", other,
       same_instruction ? " in the same instruction, with another value"
       : warp == p.warp ? ", of the same warp, with no bar.warp.sync between"
                        : ", with no barrier between");
}

}  // namespace ptxvm
