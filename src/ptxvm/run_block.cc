// Runs one block: its warps in an order drawn at random, each until it waits or has used up its turn.
#include <algorithm>

#include "ptxvm/run.h"

namespace ptxvm {
namespace {

constexpr uint32_t quantum = 4096;   // instructions of a warp before another one has its turn
constexpr size_t most_in_words = 8;  // warps described in a message

std::string in_words(const extent& e) { return "(" + std::to_string(e.x) + ", " + std::to_string(e.y) + ", " + std::to_string(e.z) + ")"; }

extent position(uint64_t number, const extent& of) {
  return {static_cast<uint32_t>(number % of.x), static_cast<uint32_t>(number / of.x % of.y), static_cast<uint32_t>(number / of.x / of.y)};
}

// Says where: kernel, function, line, block, thread.
fault complete(const fault& f, warp& w) {
  const block_state& b = *w.block;
  std::string where = "kernel " + b.of.code.kernel;
  if (w.present) {
    const function& in = *w.present->in;
    if (in.name != b.of.code.kernel) where += ", function " + in.name;
    if (w.at < in.ops.size()) where += ", PTX line " + std::to_string(in.ops[w.at].line);
  }
  where += ", block " + in_words(b.id);
  where += f.lane >= 0 ? ", thread " + in_words(position(w.thread(f.lane), b.of.block)) : ", warp " + std::to_string(w.number);
  return {f.code, where + ": " + f.words, f.lane};
}

[[noreturn]] void fail_deadlock(const block_state& b) {
  std::string words;
  size_t described = 0, waiting = 0;
  for (const auto& w : b.warps) {
    if (!w->live()) continue;
    if (++waiting > most_in_words) continue;
    words += (described++ ? "; " : "") + whereabouts(*w);
  }
  for (uint32_t i = 0; i < barrier_count; ++i) {
    const barrier& it = b.barriers[i];
    if (!it.arrived) continue;
    words += "; " + std::to_string(std::popcount(it.arrived) * warp_size) + " threads have arrived at barrier " + std::to_string(i) +
             ", which expects " + (it.expected ? std::to_string(it.expected) : "all of the block's");
  }
  if (waiting > most_in_words) words += "; and " + std::to_string(waiting - most_in_words) + " warps more";
  fail(status::launch_failed, -1, "deadlock: every thread of the block waits: ", words);
}

void start_warp(warp& w, block_state& b, uint32_t number) {
  w.block = &b;
  w.number = number;
  const uint64_t threads = std::min<uint64_t>(b.of.block.count() - uint64_t{number} * warp_size, warp_size);
  w.existing = threads == warp_size ? all_lanes : (lanes{1} << threads) - 1;
  w.exited = 0;
  w.at = 0;
  w.wait.parked = 0;
  w.wait.turn = 0;
  w.wait.take_turn = w.wait.yield = false;
  w.copies = nullptr;
  w.present = nullptr;
  enter(w, *b.of.code.functions[0], nullptr, nullptr, w.existing);
}

// The n-th set bit.
uint32_t pick(uint32_t among, uint32_t n) {
  for (; n > 0; --n) among &= among - 1;
  return static_cast<uint32_t>(std::countr_zero(among));
}

}  // namespace

void start_block(block_state& b, uint64_t number) {
  b.number = number;
  b.id = position(number, b.of.grid);
  b.counts = meter();
  b.fuel = b.of.how.fuel;
  b.random = b.of.how.seed * 0x2545f4914f6cdd1dull + number;
  const auto warps = static_cast<uint32_t>((b.of.block.count() + warp_size - 1) / warp_size);
  b.shared.reset(b.of.shared_bytes(), warps, b.of.how.check);
  std::fill(std::begin(b.barriers), std::end(b.barriers), barrier());
  while (b.warps.size() < warps) b.warps.push_back(std::make_unique<warp>());
  b.unfinished = b.ready = warps == 32 ? ~0u : (1u << warps) - 1;
  for (uint32_t i = 0; i < warps; ++i) start_warp(*b.warps[i], b, i);
}

bool run_block(block_state& b, uint64_t budget) {
  warp* present = b.warps[0].get();
  try {
    const uint64_t until = b.fuel - std::min(b.fuel, budget);
    while (b.unfinished) {
      if (!b.ready) fail_deadlock(b);
      const uint32_t number = pick(b.ready, static_cast<uint32_t>(next_random(b.random) % static_cast<uint32_t>(std::popcount(b.ready))));
      present = b.warps[number].get();
      run_warp(*present, quantum);
      const lanes live = present->live();
      if ((present->wait.parked & live) == live) b.ready &= ~(1u << number);
      if (b.fuel == 0 && b.unfinished)
        fail(status::launch_timeout, live ? first_lane(live) : -1, "the block has not ended after ", b.of.how.fuel,
             " instructions of its warps (PTXVM_FUEL allows no more): it waits for something that does not happen, or does too much");
      if (b.fuel <= until) return b.unfinished == 0;
    }
  } catch (const fault& f) {
    throw complete(f, *present);
  }
  return true;
}

}  // namespace ptxvm
