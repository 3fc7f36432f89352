#include "cpu/memory.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace warpweft::cpu {
namespace {

constexpr size_t line = 64;
constexpr size_t large = size_t{128} << 10;     // smaller blocks are left to malloc, which keeps them in its heap
constexpr size_t large_page = size_t{2} << 20;  // of x86-64, and of arm64 with small pages of 4 KiB
constexpr size_t most_kept = size_t{64} << 20;

constexpr size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

memory_block fresh(size_t bytes) {
  const size_t alignment = bytes < large_page ? line : large_page;
  void* at = std::aligned_alloc(alignment, rounded(bytes, alignment));
  if (!at) return {nullptr, 0};
  prefer_large_pages(at, bytes);  // all but the tail, which would be touched as a whole
  return {at, bytes};
}

// Blocks that nobody uses, the oldest first.
class idle_blocks {
 public:
  // The smallest that is large enough, unless a quarter of it would lie idle.
  memory_block take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto best = blocks_.end();
    for (auto b = blocks_.begin(); b != blocks_.end(); ++b)
      if (b->bytes >= bytes && b->bytes - bytes < b->bytes / 4 && (best == blocks_.end() || b->bytes < best->bytes)) best = b;
    if (best == blocks_.end()) return {nullptr, 0};
    const memory_block found = *best;
    blocks_.erase(best);
    kept_ -= found.bytes;
    return found;
  }

  void give(memory_block block) {
    std::vector<memory_block> old;
    {
      const std::lock_guard lock(mutex_);
      blocks_.push_back(block);
      kept_ += block.bytes;
      auto stays = blocks_.begin();
      for (; kept_ > most_kept; ++stays) kept_ -= stays->bytes;
      old.assign(blocks_.begin(), stays);
      blocks_.erase(blocks_.begin(), stays);
    }
    for (const memory_block& each : old) std::free(each.at);
  }

 private:
  std::mutex mutex_;
  std::vector<memory_block> blocks_;
  size_t kept_ = 0;
};

// Never destroyed: a thread that ends after `main` still gives its scratch back.
idle_blocks& idle() {
  static auto* const blocks = new idle_blocks;
  return *blocks;
}

}  // namespace

memory_block take_memory(size_t bytes) {
  if (bytes < large) return fresh(bytes);
  const memory_block found = idle().take(bytes);
  return found.at ? found : fresh(bytes);
}

void give_memory(memory_block block) {
  if (!block.at) return;
  if (block.bytes < large)
    std::free(block.at);
  else
    idle().give(block);
}

void prefer_large_pages([[maybe_unused]] void* at, [[maybe_unused]] size_t bytes) {
#if defined(__linux__)
  const auto begin = reinterpret_cast<uintptr_t>(at);
  const uintptr_t first = rounded(begin, large_page), end = (begin + bytes) / large_page * large_page;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // only a wish: refusing it changes nothing
#endif
}

}  // namespace warpweft::cpu
