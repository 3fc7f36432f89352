#pragma once
#include <napi.h>

namespace warpweft::distance {

// Adds the functions over whole rows to the family's object.
void bind_maps(Napi::Object& family);

}  // namespace warpweft::distance
