// The state spaces: bounds, what was never written, counts, and the bytes themselves.
#include <algorithm>
#include <atomic>
#include <ios>

#include "ptxvm/coalesce.h"
#include "ptxvm/mem.h"
#include "ptxvm/mem_bytes.h"

namespace ptxvm {
namespace {

enum class shape { scattered, unit, same };

shape shape_of(const request& r) {
  if (r.active != all_lanes) return shape::scattered;
  uint64_t differ = 0, stray = 0;
  for (int lane = 0; lane < warp_size; ++lane) {
    differ |= r.at[lane] ^ r.at[0];
    stray |= r.at[lane] ^ (r.at[0] + static_cast<uint64_t>(lane) * r.bytes);
  }
  return differ == 0 ? shape::same : stray == 0 ? shape::unit : shape::scattered;
}

shared_access as_shared(const request& r, const std::byte* values) { return {r.w.number, r.active, r.at, r.bytes, r.strong(), values}; }

// Order that strong accesses make, between warps of the block.
void synchronize_shared(const request& r, bool reads, bool writes) {
  shared_memory& shared = r.w.block->shared;
  if (!r.strong() || !shared.checks()) return;
  for (lanes rest = r.active; rest; rest &= rest - 1)
    shared.synchronize(r.w.number, r.at[std::countr_zero(rest)], reads, writes, r.flags & does_acquire, r.flags & does_release);
}

void fetch_global(request& r, std::byte* to) {
  check_alignment(r, "read");
  check_global(r, "read");
  if (r.w.block->of.how.check) check_global_written(r);
  count_global(r, false);
  read_bytes(r, nullptr, to);
  if (r.flags & does_acquire) std::atomic_thread_fence(std::memory_order_acquire);
}

void mark_global(const request& r) {
  device_memory& memory = r.w.block->of.memory;
  if (shape_of(r) == shape::unit) return memory.mark_written(r.at[0], uint64_t{r.bytes} * warp_size);
  for (lanes rest = r.active; rest; rest &= rest - 1) memory.mark_written(r.at[std::countr_zero(rest)], r.bytes);
}

void put_global(request& r, const std::byte* from) {
  check_alignment(r, "write");
  check_global(r, "write");
  count_global(r, true);
  if (r.w.block->of.how.check) mark_global(r);
  if (r.flags & does_release) std::atomic_thread_fence(std::memory_order_release);
  write_bytes(r, nullptr, from);
}

void fetch_shared(request& r, std::byte* to) {
  shared_memory& shared = r.w.block->shared;
  check_alignment(r, "read");
  const shared_access access = as_shared(r, nullptr);
  shared.check_bounds(access, "read");
  synchronize_shared(r, true, false);
  shared.read(access);
  count_shared(r);
  read_bytes(r, shared.host(0), to);
}

void put_shared(request& r, const std::byte* from) {
  shared_memory& shared = r.w.block->shared;
  check_alignment(r, "write");
  const shared_access access = as_shared(r, from);
  shared.check_bounds(access, "write");
  shared.write(access);
  synchronize_shared(r, false, true);
  count_shared(r);
  write_bytes(r, shared.host(0), from);
}

}  // namespace

void check_global(const request& r, const char* what) {
  const device_memory& memory = r.w.block->of.memory;
  uint64_t low = ~uint64_t{0}, high = 0;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const uint64_t a = r.at[std::countr_zero(rest)];
    low = std::min(low, a);
    high = std::max(high, a);
  }
  if (high - low < ~uint64_t{0} - r.bytes && memory.holds(low, high - low + r.bytes)) return;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    memory.check(r.at[lane], r.bytes, lane, what);
  }
}

void check_global_written(const request& r) {
  const device_memory& memory = r.w.block->of.memory;
  const shape s = shape_of(r);
  if (s == shape::unit && memory.written(r.at[0], uint64_t{r.bytes} * warp_size)) return;
  if (s == shape::same && memory.written(r.at[0], r.bytes)) return;
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (memory.written(r.at[lane], r.bytes)) continue;
    uint64_t byte = r.at[lane];
    while (memory.written(byte, 1)) ++byte;
    fail(status::launch_failed, lane, "read of ", r.bytes, " bytes at global address 0x", std::hex, r.at[lane],
         ": nobody wrote the byte at 0x", byte);
  }
}

void count_global(const request& r, bool writes) {
  meter& counts = r.w.block->counts;
  const uint64_t asked = static_cast<uint64_t>(std::popcount(r.active)) * r.bytes;
  const shape s = shape_of(r);
  const uint32_t sectors = s == shape::unit   ? static_cast<uint32_t>((r.at[0] + asked - 1) / 32 - r.at[0] / 32 + 1)
                           : s == shape::same ? 1
                                              : sectors_of(r.at, r.active, r.bytes);
  (writes ? counts.global_written_sectors : counts.global_read_sectors) += sectors;
  (writes ? counts.global_written_bytes : counts.global_read_bytes) += asked;
}

void count_shared(const request& r) {
  meter& counts = r.w.block->counts;
  const bank_use use = banks_of(r.at, r.active, r.bytes);
  counts.shared_wavefronts += use.wavefronts;
  counts.shared_conflicts += use.wavefronts - use.least;
}

void fetch(space where, request& r, std::byte* to) {
  switch (where) {
    case space::global:
    case space::constant: return fetch_global(r, to);
    case space::shared: return fetch_shared(r, to);
    case space::local: add_local_base(r); return fetch_local(r, to);
    case space::param: return fetch_param(r, to);
    case space::generic:
      by_space(r, [&](space s, request& part) {
        if (s == space::shared) return fetch_shared(part, to);
        if (s == space::local) return fetch_local(part, to);
        if (s == space::param) return fetch_kernel_params(part, to);
        fetch_global(part, to);
      });
  }
}

void put(space where, request& r, const std::byte* from) {
  switch (where) {
    case space::global: return put_global(r, from);
    case space::shared: return put_shared(r, from);
    case space::local: add_local_base(r); return put_local(r, from);
    case space::param: return put_param(r, from);
    case space::constant: fail(status::invalid_address_space, r.first(), "write to constant memory");
    case space::generic:
      by_space(r, [&](space s, request& part) {
        if (s == space::shared) return put_shared(part, from);
        if (s == space::local) return put_local(part, from);
        if (s == space::param) fail(status::invalid_address_space, part.first(), "write to a kernel's parameters");
        put_global(part, from);
      });
  }
}

// An atomic reads and writes: it is counted as both, marks what it touched as written and does not race with other atomics.
void reach(space where, request& r) {
  check_alignment(r, "atomic");
  r.flags |= is_strong;
  r.w.block->counts.atomics += static_cast<uint64_t>(std::popcount(r.active));
  if (where == space::global) {
    check_global(r, "atomic");
    if (r.w.block->of.how.check) check_global_written(r);
    count_global(r, false);
    count_global(r, true);
    return;
  }
  if (where != space::shared) fail(status::invalid_address_space, r.first(), "atomic on local memory or parameters");
  shared_memory& shared = r.w.block->shared;
  const shared_access access = as_shared(r, nullptr);
  shared.check_bounds(access, "atomic");
  synchronize_shared(r, true, true);
  shared.read(access);
  shared.write(access);
  count_shared(r);
  for (lanes rest = r.active; rest; rest &= rest - 1) {
    uint64_t& a = r.at[std::countr_zero(rest)];
    a = reinterpret_cast<uint64_t>(shared.host(a));
  }
}

}  // namespace ptxvm
