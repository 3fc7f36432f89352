// Small PTX programs for tests: an instruction on many elements, or a whole module with buffers.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "ptxvm/driver.h"
#include "ptxvm/meter.h"
#include "ptxvm/options.h"

namespace ptx {

// Values of one operand, an element each, as bits. The type says how many of them count ("pred": any but 0 is true).
struct typed {
  std::string type;
  std::vector<uint64_t> values;
};

inline uint64_t bits(float x) { return std::bit_cast<uint32_t>(x); }
inline uint64_t bits(double x) { return std::bit_cast<uint64_t>(x); }
inline typed f32(const std::vector<float>& x) {
  typed t{"f32", {}};
  for (float v : x) t.values.push_back(bits(v));
  return t;
}
inline typed f64(const std::vector<double>& x) {
  typed t{"f64", {}};
  for (double v : x) t.values.push_back(bits(v));
  return t;
}

// A module of one kernel `k`: thread i finds element i of each input in %a, %b, %c, %e, %f, … (%d is left out), declared as .bN
// of the input's width (8-bit types in .b16; predicates as .pred), `body` writes %d, and %d of every thread comes back, its bits
// extended by zeros and a predicate as 0 or 1. Up to 256 elements make one block of exactly that many threads. Braces open a scope
// for further registers: "{ .reg .b32 t; add.u32 t, %a, 1; mov.u32 %d, t; }". Throws std::runtime_error with the words of a failure.
std::vector<uint64_t> evaluate(const std::string& body, const std::string& result_type, const std::vector<typed>& inputs,
                               const std::string& target = "sm_80");

// evaluate's module, for those who want to see or change it.
std::string module_of(const std::string& body, const std::string& result_type, const std::vector<typed>& inputs,
                      const std::string& target = "sm_80");
// A module of one kernel `k` with the parameters given (".param .u64 out, .param .u32 n"); what stands before it at module level.
std::string kernel(const std::string& body, const std::string& params = "", const std::string& target = "sm_80",
                   const std::string& before = "");

// The error log of a load that must fail; "" when it does not. A text without ".version" is taken as the body of kernel().
// Functions are decoded when the module is loaded, so this also finds what a kernel refuses.
std::string refusal_of(const std::string& text);

struct extent {
  uint32_t x, y, z;
  extent(uint32_t x_ = 1, uint32_t y_ = 1, uint32_t z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct outcome {
  int code = 0;       // CUresult
  std::string words;  // cuGetErrorString
  bool ok() const { return code == 0; }
  bool says(const std::string& part) const { return words.find(part) != std::string::npos; }
};
std::ostream& operator<<(std::ostream& out, const outcome& o);

// Device memory, freed at the end. A launch takes it as a pointer.
class buffer {
 public:
  explicit buffer(size_t bytes);  // nobody wrote it yet
  template <class T>
  explicit buffer(const std::vector<T>& values) : buffer(values.size() * sizeof(T)) {
    write(values.data(), values.size() * sizeof(T));
  }
  ~buffer();
  buffer(const buffer&) = delete;
  uint64_t address() const { return address_; }
  size_t bytes() const { return bytes_; }
  void write(const void* from, size_t bytes, size_t at = 0);
  template <class T>
  std::vector<T> read() const {
    std::vector<T> values(bytes_ / sizeof(T));
    fetch(values.data(), values.size() * sizeof(T));
    return values;
  }

 private:
  void fetch(void* to, size_t bytes) const;
  uint64_t address_ = 0;
  size_t bytes_;
};

using bytes_of_argument = std::vector<std::byte>;
inline bytes_of_argument argument(const buffer& b) {
  const uint64_t a = b.address();
  bytes_of_argument bytes(8);
  std::memcpy(bytes.data(), &a, 8);
  return bytes;
}
template <class T>
bytes_of_argument argument(const T& value) {
  bytes_of_argument bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// Loads the module, runs the kernel, unloads. A context that a fault has poisoned is reset at once, its buffers with it: they read
// as whatever the kernel left only after a launch that went well.
outcome launch_bytes(const std::string& module, const char* kernel, extent grid, extent block, uint32_t dynamic_shared,
                     const std::vector<bytes_of_argument>& arguments);

// launch(text, "k", {2}, {32, 4}, out, 7u, 1.5f): buffers go as pointers, everything else by its bytes.
template <class... Args>
outcome launch(const std::string& module, const char* kernel, extent grid, extent block, const Args&... args) {
  return launch_bytes(module, kernel, grid, block, 0, {argument(args)...});
}
// … with bytes of dynamic shared memory.
template <class... Args>
outcome launch_shared(const std::string& module, const char* kernel, extent grid, extent block, uint32_t dynamic_shared,
                      const Args&... args) {
  return launch_bytes(module, kernel, grid, block, dynamic_shared, {argument(args)...});
}

// What the last launch of this thread counted.
const ptxvm::meter& counted();

// Other settings while it lives, one after the other: `changed_settings with; with.set(&ptxvm::options::seed, 7);`
class changed_settings {
 public:
  changed_settings() : before_(ptxvm::settings()), now_(before_) {}
  ~changed_settings() { ptxvm::change_settings(before_); }
  changed_settings(const changed_settings&) = delete;
  template <class T, class V>
  void set(T ptxvm::options::*which, V value) {
    now_.*which = static_cast<T>(value);
    ptxvm::change_settings(now_);
  }

 private:
  ptxvm::options before_, now_;
};

}  // namespace ptx
