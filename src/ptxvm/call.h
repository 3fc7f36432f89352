// Calls of functions, and of the few that the driver itself provides.
#pragma once
#include "ptxvm/code.h"

namespace ptxvm {

struct warp;

void decode_call(decoder& d);
// What the function of the present frame returns goes to where its caller wants it.
void take_results(warp& w, lanes active);

// vprintf, __assertfail: from and to are offsets in the caller's parameters. True when `name` is one of them and was decoded.
bool decode_system_call(decoder& d, const std::string& name, const std::vector<uint32_t>& arguments, const std::vector<uint32_t>& results);

}  // namespace ptxvm
