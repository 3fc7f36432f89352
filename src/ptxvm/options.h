// The machine's settings, from PTXVM_* variables, read once at cuInit.
#pragma once
#include <cstdint>
#include <string>

namespace ptxvm {

struct options {
  uint64_t seed = 1;                    // PTXVM_SEED: order of blocks and warps
  int threads = 0;                      // PTXVM_THREADS: 0, all hardware threads
  bool check = true;                    // PTXVM_CHECK=0: no races, no uninitialised reads; bounds and alignment are always checked
  uint64_t fuel = 2'000'000'000;        // PTXVM_FUEL: warp instructions of one block before it counts as a runaway
  int perturb = 0;                      // PTXVM_PERTURB: results of .approx instructions are moved by up to so many ulp, at random
  int capability = 80;                  // PTXVM_CAPABILITY=8.0
  int devices = 1;                      // PTXVM_DEVICES
  int driver_version = 13000;           // PTXVM_DRIVER_VERSION
  uint64_t memory = uint64_t{4} << 30;  // PTXVM_MEMORY, bytes of the device
  std::string report;                   // PTXVM_REPORT: a JSON file, complete after each launch
};

const options& settings();  // throws std::invalid_argument for a variable that cannot be read
// For tests: later launches run with these. Not while one runs.
void change_settings(const options& to);

}  // namespace ptxvm
