// From the row-major number of an element to where it stands.
#pragma once
#include "algebra/params.h"

namespace warpweft::algebra {

// The work of a kernel over `size` elements goes round the grid.
template <class Index>
__device__ __forceinline__ Index first_element() {
  return static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
}
template <class Index>
__device__ __forceinline__ Index grid_threads() {
  return static_cast<Index>(gridDim.x) * blockDim.x;
}

// Index holds the number of elements, every step and every place.
template <class Index>
__device__ __forceinline__ Index place_of(Index element, const extents& over, const int64_t (&step)[max_axes]) {
  Index at = 0;
  for (int axis = over.axes - 1; axis > 0; --axis) {
    const Index length = static_cast<Index>(over.length[axis]), next = element / length;
    at += (element - next * length) * static_cast<Index>(step[axis]);
    element = next;
  }
  return at + element * static_cast<Index>(step[0]);
}

}  // namespace warpweft::algebra
