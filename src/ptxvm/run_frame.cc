// Calls: frames of registers, parameters and local memory, made when lanes enter a function and put aside when the last one has left.
#include <algorithm>
#include <cstring>

#include "ptxvm/copy.h"
#include "ptxvm/run.h"

namespace ptxvm {
namespace {

constexpr int poison = 0xcb;  // of registers and local memory that nobody wrote
constexpr uint32_t register_alignment = 64;

uint64_t value_of(const warp& w, special what, int lane) {
  const launch& of = w.block->of;
  const uint32_t t = w.thread(lane);
  switch (what) {
    case special::tid_x: return t % of.block.x;
    case special::tid_y: return t / of.block.x % of.block.y;
    case special::tid_z: return t / of.block.x / of.block.y;
    case special::ntid_x: return of.block.x;
    case special::ntid_y: return of.block.y;
    case special::ntid_z: return of.block.z;
    case special::ctaid_x: return w.block->id.x;
    case special::ctaid_y: return w.block->id.y;
    case special::ctaid_z: return w.block->id.z;
    case special::nctaid_x: return of.grid.x;
    case special::nctaid_y: return of.grid.y;
    case special::nctaid_z: return of.grid.z;
    case special::laneid: return static_cast<uint64_t>(lane);
    case special::warpid: return w.number;
    case special::nwarpid: return w.block->warps.size();
    case special::smid: return w.block->number % 4;  // any value will do: programs may not rely on it
    case special::nsmid: return 4;
    case special::gridid: return 1;
    case special::lanemask_eq: return lanes{1} << lane;
    case special::lanemask_lt: return (lanes{1} << lane) - 1;
    case special::lanemask_le: return (lanes{2} << lane) - 1;
    case special::lanemask_gt: return ~((lanes{2} << lane) - 1);
    case special::lanemask_ge: return ~((lanes{1} << lane) - 1);
    case special::dynamic_smem_size: return of.dynamic_shared;
    case special::total_smem_size: return of.shared_bytes();
  }
  return 0;
}

void put(std::byte* registers, slot at, uint32_t width, int lane, uint64_t bits) {
  std::memcpy(registers + at + static_cast<size_t>(lane) * width, &bits, width);
}

void fill_all(frame& f, const constant& c) {
  for (int lane = 0; lane < warp_size; ++lane) put(f.registers, c.at, c.width, lane, c.bits);
}

std::unique_ptr<frame> take_spare(warp& w, const function& f) {
  auto& spare = w.wait.spare;
  const auto found = std::find_if(spare.begin(), spare.end(), [&](const auto& s) { return s->in == &f; });
  if (found == spare.end()) {
    auto made = std::make_unique<frame>();
    made->in = &f;
    made->storage.resize(f.frame_bytes + register_alignment);
    made->registers = made->storage.data();
    made->registers += -reinterpret_cast<uintptr_t>(made->registers) % register_alignment;
    made->params.resize(size_t{f.param_bytes} * warp_size);
    return made;
  }
  auto taken = std::move(*found);
  spare.erase(found);
  return taken;
}

// Room for `bytes` of every lane's local memory.
void grow(local_memory& local, uint32_t bytes) {
  if (bytes <= local.stride) return;
  const uint32_t stride = std::max(bytes, local.stride * 2);
  std::vector<std::byte> contents(size_t{stride} * warp_size);
  std::vector<uint8_t> written(contents.size());
  for (size_t lane = 0; lane < warp_size && local.stride; ++lane) {
    std::memcpy(&contents[lane * stride], &local.bytes[lane * local.stride], local.stride);
    std::memcpy(&written[lane * stride], &local.written[lane * local.stride], local.stride);
  }
  local.bytes = std::move(contents);
  local.written = std::move(written);
  local.stride = stride;
}

void open_locals(warp& w, const frame& f, lanes who) {
  const uint32_t end = f.local_base + f.in->local_bytes;
  if (end > most_local_bytes)
    fail(status::hardware_stack_error, first_lane(who), "local memory of a thread exceeds ", most_local_bytes, " bytes");
  grow(w.local, end);
  if (!f.in->local_bytes) return;
  for_each_lane(who, [&](int lane) {
    const size_t from = static_cast<size_t>(lane) * w.local.stride + f.local_base;
    std::memset(&w.local.bytes[from], poison, f.in->local_bytes);
    std::memset(&w.local.written[from], 0, f.in->local_bytes);
  });
}

}  // namespace

frame& enter(warp& w, const function& fn, frame* caller, const op* call, lanes who) {
  if (w.frames.size() >= deepest_call)
    fail(status::hardware_stack_error, first_lane(who), "more than ", deepest_call, " calls within each other");
  auto made = take_spare(w, fn);
  frame& f = *made;
  f.caller = caller;
  f.call = call;
  f.members = f.inside = who;
  f.return_pc = caller ? w.at + 1 : 0;
  f.local_base = caller ? (caller->local_base + caller->in->local_bytes + 15) / 16 * 16 : 0;
  open_locals(w, f, who);
  std::memset(f.registers, poison, fn.frame_bytes);
  std::memset(f.params.data(), poison, f.params.size());
  for (const constant& c : fn.constants) fill_all(f, c);
  for (const special_slot& s : fn.specials)
    for (int lane = 0; lane < warp_size; ++lane) put(f.registers, s.at, s.width, lane, value_of(w, s.what, lane));
  if (caller) caller->inside &= ~who;
  for_each_lane(who, [&](int lane) { w.pc[lane] = 0; });
  w.frames.push_back(std::move(made));
  return f;
}

void go_back(warp& w, lanes who) {
  frame& f = w.top();
  f.members &= ~who;
  f.inside &= ~who;
  f.caller->inside |= who;
  for_each_lane(who, [&](int lane) { w.pc[lane] = f.return_pc; });
  drop_empty_frames(w);
}

void exit_lanes(warp& w, lanes who) {
  finish_copies(w, who);
  for (const auto& f : w.frames) {
    f->members &= ~who;
    f->inside &= ~who;
  }
  w.exited |= who;
  w.wait.parked &= ~who;
  drop_empty_frames(w);
  if (w.live()) {
    settle(w);
    return;
  }
  w.block->unfinished &= ~(1u << w.number);
  w.block->shared.leave(w.number);
  leave_barriers(*w.block, w.number);
}

void drop_empty_frames(warp& w) {
  for (size_t i = w.frames.size(); i-- > 0;)
    if (!w.frames[i]->members) {
      w.wait.spare.push_back(std::move(w.frames[i]));
      w.frames.erase(w.frames.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace ptxvm
