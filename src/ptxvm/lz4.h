// LZ4 blocks, which is how fatbinary compresses for older drivers ("speed").
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ptxvm {

// The `bytes` bytes that a block unpacks to. Throws fault(invalid_image) for a block that is damaged or holds another number.
std::string unpack_lz4(std::string_view block, size_t bytes);

}  // namespace ptxvm
