// What both GEMM programs share: arguments, gated samples, the JSON they print.
#pragma once

#include <functional>
#include <memory>

namespace ceiling {

struct Shape {
  long m, n, k;
  int threads;
  double seconds;  // stop after this long
  int samples;     // or after this many
};

// Arguments: m n k threads seconds samples.
Shape parse_shape(int argc, char** argv);

// Zeros in large pages where the system has them: what the package's own results lie in.
std::unique_ptr<float, void (*)(void*)> room(long floats);

// Times `multiply` and prints {"library":…, "core":…, "samples":[{"ms":…,"spin":…}…]}; `spin` is the rate of the
// slowest core just before and just after the sample, whichever is lower.
void print_samples(const Shape& shape, const char* library, const char* core, const std::function<void()>& multiply);

}  // namespace ceiling
