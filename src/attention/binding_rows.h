#pragma once
#include <napi.h>

namespace warpweft::attention {

// Adds the functions over whole rows to the family's object.
void bind_rows(Napi::Object& family);

}  // namespace warpweft::attention
