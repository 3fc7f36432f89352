// Local memory and parameters: each thread has its own.
#include <algorithm>
#include <cstring>

#include "ptxvm/mem_bytes.h"

namespace ptxvm {
namespace {

// The lanes' places in a frame's parameters or in local memory, as host addresses.
void to_params(request& r, const char* what) {
  frame& f = r.w.top();
  const uint32_t stride = f.in->param_bytes;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (r.at[lane] > stride || stride - r.at[lane] < r.bytes)
      fail(status::illegal_address, lane, what, " of ", r.bytes, " bytes at offset ", r.at[lane], " of the parameters of ", f.in->name,
           ", which have ", stride, " bytes");
    r.at[lane] += reinterpret_cast<uint64_t>(f.params.data()) + static_cast<uint64_t>(lane) * stride;
  }
}

void check_local(const request& r, const char* what) {
  const frame& f = r.w.top();
  const uint64_t end = std::min<uint64_t>(r.w.local.stride, f.local_base + f.in->local_bytes);
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (r.at[lane] > end || end - r.at[lane] < r.bytes)
      fail(status::illegal_address, lane, what, " of ", r.bytes, " bytes at offset ", r.at[lane],
           " of the thread's local memory, which has ", end, " bytes");
  }
}

}  // namespace

void fetch_local(request& r, std::byte* to) {
  check_alignment(r, "read");
  check_local(r, "read");
  local_memory& local = r.w.local;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const uint64_t at = r.at[lane] + static_cast<uint64_t>(lane) * local.stride;
    if (r.w.block->of.how.check && !local.written.empty() && std::memchr(local.written.data() + at, 0, r.bytes))
      fail(status::launch_failed, lane, "read of ", r.bytes, " bytes at offset ", r.at[lane],
           " of the thread's local memory: not all were written before");
    r.at[lane] = at;
  }
  r.w.block->counts.local_bytes += static_cast<uint64_t>(std::popcount(r.active)) * r.bytes;
  read_bytes(r, local.bytes.data(), to);
}

void put_local(request& r, const std::byte* from) {
  check_alignment(r, "write");
  check_local(r, "write");
  local_memory& local = r.w.local;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    r.at[lane] += static_cast<uint64_t>(lane) * local.stride;
    if (!local.written.empty()) std::memset(local.written.data() + r.at[lane], 1, r.bytes);
  }
  r.w.block->counts.local_bytes += static_cast<uint64_t>(std::popcount(r.active)) * r.bytes;
  write_bytes(r, local.bytes.data(), from);
}

void add_local_base(request& r) {
  const uint64_t base = r.w.top().local_base;
  for (uint64_t& a : r.at) a += base;
}

void fetch_param(request& r, std::byte* to) {
  check_alignment(r, "read");
  to_params(r, "read");
  read_bytes(r, nullptr, to);
}

void put_param(request& r, const std::byte* from) {
  check_alignment(r, "write");
  to_params(r, "write");
  write_bytes(r, nullptr, from);
}

void fetch_kernel_params(request& r, std::byte* to) {
  check_alignment(r, "read");
  const auto& params = r.w.block->of.params;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (r.at[lane] > params.size() || params.size() - r.at[lane] < r.bytes)
      fail(status::illegal_address, lane, "read of ", r.bytes, " bytes at offset ", r.at[lane], " of the kernel's parameters, which have ",
           params.size(), " bytes");
  }
  read_bytes(r, params.data(), to);
}

}  // namespace ptxvm
