// PTXVM_REPORT: what every launch counted, as a JSON array that is complete after each.
#pragma once
#include <string>

#include "ptxvm/machine.h"

namespace ptxvm {

// A name of each class of instructions, as the report writes it.
const char* name_of(work w);

// Adds this launch to the file; the first of a process begins it anew. Throws std::runtime_error when it cannot be written.
void report(const std::string& path, const launch& of, double seconds, const meter& counts, const std::string& failure);

}  // namespace ptxvm
