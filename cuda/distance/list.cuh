// A row's list of neighbours. Keys grow with distance; ties stand by index.
#pragma once
#include "cuda/base/warp.cuh"

namespace warpweft::distance::gpu {

__device__ __forceinline__ bool closer(float key, int32_t id, float other_key, int32_t other_id) {
  return key < other_key || (key == other_key && id < other_id);
}

// While a row meets its columns in ascending order, one thread keeps its list: sorted while it is short, a heap with the farthest
// entry on top where it is long. Entry e stands at e · stride.
struct growing_list {
  float* keys;
  int32_t* ids;
  int stride, capacity;
  bool sorted;
  int size;
  float worst;  // of a full list

  // An equal key stands behind what is listed. A NaN is never listed.
  __device__ __forceinline__ bool takes(float key) const { return size < capacity ? key == key : key < worst; }

  __device__ __forceinline__ void put(int at, float key, int32_t id) const {
    keys[at * stride] = key;
    ids[at * stride] = id;
  }
  __device__ __forceinline__ void insert_sorted(float key, int32_t id) const {
    int at = size < capacity ? size : capacity - 1;
    for (; at > 0 && key < keys[(at - 1) * stride]; --at) put(at, keys[(at - 1) * stride], ids[(at - 1) * stride]);
    put(at, key, id);
  }
  // Lets (key, id) sink from `at` to where no child is farther.
  __device__ __forceinline__ void sink(int at, float key, int32_t id) const {
    for (int child; (child = 2 * at + 1) < capacity; at = child) {
      float child_key = keys[child * stride];
      int32_t child_id = ids[child * stride];
      if (child + 1 < capacity) {
        const float next_key = keys[(child + 1) * stride];
        const int32_t next_id = ids[(child + 1) * stride];
        if (closer(child_key, child_id, next_key, next_id)) {
          ++child;
          child_key = next_key;
          child_id = next_id;
        }
      }
      if (!closer(key, id, child_key, child_id)) break;
      put(at, child_key, child_id);
    }
    put(at, key, id);
  }

  __device__ __forceinline__ void insert(float key, int32_t id) {
    const bool full = size == capacity;
    if (sorted)
      insert_sorted(key, id);
    else if (full)
      sink(0, key, id);
    else
      put(size, key, id);
    if (!full && ++size < capacity) return;
    if (!sorted && !full)
      for (int at = capacity / 2 - 1; at >= 0; --at) sink(at, keys[at * stride], ids[at * stride]);
    worst = keys[sorted ? (capacity - 1) * stride : 0];
  }
};

// Batcher's bitonic sorter by a warp, in the form whose exchanges all point upwards, so that places past the end may be left out.
// exchange(at, other) swaps what stands at both if it is out of order; at < other.
template <class Exchange>
__device__ __forceinline__ void sort_by(int size, const Exchange& exchange) {
  for (int64_t width = 2; width / 2 < size; width *= 2)
    for (int mask = static_cast<int>(width - 1), next = static_cast<int>(width / 4); mask > 0; mask = next, next /= 2) {
      for (int at = device::lane_id(); at < size; at += 32)
        if ((at ^ mask) > at && (at ^ mask) < size) exchange(at, at ^ mask);
      __syncwarp();
    }
}

// The same list when all columns were met, worked on by a whole warp.
struct neighbour_list {
  float* keys;   // [capacity]
  int32_t* ids;  // [capacity]
  int capacity;

  __device__ __forceinline__ void exchange(int at, int other) const {
    const float key = keys[at], other_key = keys[other];
    const int32_t id = ids[at], other_id = ids[other];
    if (!closer(other_key, other_id, key, id)) return;
    keys[at] = other_key;
    ids[at] = other_id;
    keys[other] = key;
    ids[other] = id;
  }
  __device__ __forceinline__ void sort(int size) const {
    sort_by(size, [&](int at, int other) { exchange(at, other); });
  }

  // How many of the first `size` entries are closer than (key, id).
  __device__ __forceinline__ int before(int size, float key, int32_t id) const {
    int low = 0, high = size;
    while (low < high) {
      const int middle = (low + high) >> 1;
      if (closer(key, id, keys[middle], ids[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }
  // Into a sorted list; all lanes say the same. Entries from there on move up by one, 32 at a time from the far end; what does not fit
  // falls off. Returns the new size.
  __device__ __forceinline__ int insert(int size, float key, int32_t id) const {
    const int at = before(size, key, id), end = size < capacity ? size : capacity - 1;
    if (at >= capacity) return size;
    __syncwarp();
    for (int top = end; top > at; top -= 32) {
      const int from = top - 1 - device::lane_id();
      const bool moves = from >= at;
      const float moved_key = moves ? keys[from] : 0.0f;
      const int32_t moved_id = moves ? ids[from] : 0;
      __syncwarp();
      if (moves) {
        keys[from + 1] = moved_key;
        ids[from + 1] = moved_id;
      }
      __syncwarp();
    }
    if (device::lane_id() == 0) {
      keys[at] = key;
      ids[at] = id;
    }
    __syncwarp();
    return end + 1;
  }
};

}  // namespace warpweft::distance::gpu
