// What an image handed to cuModuleLoadData can be.
#pragma once
#include <string>

namespace ptxvm {

// The PTX of an image: the text itself, or of a fatbin the PTX with the highest target that `capability` runs, as it is or packed by LZ4.
// Throws fault: invalid_image for what is none, no_binary_for_gpu where an image holds nothing this machine can use.
std::string ptx_of(const void* image, int capability);

}  // namespace ptxvm
