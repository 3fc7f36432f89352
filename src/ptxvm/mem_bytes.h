// Bytes between memory, at addresses that have been checked, and a buffer that holds the lanes' values one after another.
#pragma once
#include <bit>
#include <cstring>

#include "ptxvm/mem.h"

namespace ptxvm {

template <uint32_t N>
void gather(const request& r, const std::byte* base, std::byte* to) {
  if (r.active == all_lanes) {
    for (int lane = 0; lane < warp_size; ++lane) std::memcpy(to + lane * N, base + r.at[lane], N);
  } else {
    for (lanes rest = r.active; rest; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      std::memcpy(to + lane * N, base + r.at[lane], N);
    }
  }
}

template <uint32_t N>
void scatter(const request& r, std::byte* base, const std::byte* from) {
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    std::memcpy(base + r.at[lane], from + lane * N, N);
  }
}

inline void read_bytes(const request& r, const std::byte* base, std::byte* to) {
  switch (r.bytes) {
    case 1: return gather<1>(r, base, to);
    case 2: return gather<2>(r, base, to);
    case 4: return gather<4>(r, base, to);
    case 8: return gather<8>(r, base, to);
    default: return gather<16>(r, base, to);
  }
}

inline void write_bytes(const request& r, std::byte* base, const std::byte* from) {
  switch (r.bytes) {
    case 1: return scatter<1>(r, base, from);
    case 2: return scatter<2>(r, base, from);
    case 4: return scatter<4>(r, base, from);
    case 8: return scatter<8>(r, base, from);
    default: return scatter<16>(r, base, from);
  }
}

// Spaces with a part for each thread.
void fetch_local(request& r, std::byte* to);  // addresses count from the bottom of the thread's stack
void put_local(request& r, const std::byte* from);
void add_local_base(request& r);              // from the frame's part of it
void fetch_param(request& r, std::byte* to);  // of the present frame
void put_param(request& r, const std::byte* from);
void fetch_kernel_params(request& r, std::byte* to);  // by generic address

}  // namespace ptxvm
