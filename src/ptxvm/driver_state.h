// What the driver's calls share: contexts, the objects behind handles, and how a failure becomes a code and words.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ptxvm/ast.h"
#include "ptxvm/code.h"
#include "ptxvm/driver.h"
#include "ptxvm/fault.h"
#include "ptxvm/memory.h"
#include "ptxvm/options.h"

// Objects are never freed, only emptied: a handle that was destroyed is then known for what it is.
struct ptxvm_context {
  int device = 0;
  bool live = true, primary = false;
  int retained = 0;  // of the primary one
  unsigned flags = 0;
  ptxvm::status poison = ptxvm::status::success;  // a fault leaves a context unusable
  std::string poison_words;
  std::unordered_set<uint64_t> allocations;
};

struct ptxvm_function {
  bool live = true;
  CUmodule module = nullptr;
  std::string name;
  std::shared_ptr<const ptxvm::program> code;
  int max_dynamic_shared = 48 << 10;
};

struct ptxvm_module {
  bool live = true;
  CUcontext context = nullptr;
  std::shared_ptr<const ptxvm::ast::module> text;
  ptxvm::layout where;
  std::vector<uint64_t> allocations;
  std::vector<CUfunction> functions;
};

struct ptxvm_stream {
  bool live = true;
  CUcontext context = nullptr;
  unsigned flags = 0;
  int priority = 0;
};

struct ptxvm_event {
  bool live = true;
  CUcontext context = nullptr;
  unsigned flags = 0;
  bool recorded = false;
  std::chrono::steady_clock::time_point when;
};

namespace ptxvm {

// Objects of one kind.
template <class T>
class handles {
 public:
  explicit handles(const char* kind) : kind_(kind) {}
  T* make() {
    all_.emplace_back();
    known_.insert(&all_.back());
    return &all_.back();
  }
  T& get(T* handle) const {
    if (!handle) fail(status::invalid_handle, -1, "a null handle where a ", kind_, " is wanted");
    if (!known_.count(handle)) fail(status::invalid_handle, -1, "the handle ", handle, " is no ", kind_);
    if (!handle->live) fail(status::invalid_handle, -1, "the ", kind_, " ", handle, " was destroyed");
    return *handle;
  }
  std::deque<T>& all() { return all_; }

 private:
  const char* kind_;
  std::deque<T> all_;
  std::unordered_set<const T*> known_;
};

struct device_state {
  std::unique_ptr<device_memory> memory;  // when the first context is made
  CUcontext primary = nullptr;
  std::mutex running;  // one launch at a time
};

struct driver_state {
  std::recursive_mutex guard;
  bool initialised = false;
  std::deque<device_state> devices;
  handles<ptxvm_context> contexts{"context"};
  handles<ptxvm_module> modules{"module"};
  handles<ptxvm_function> functions{"function"};
  handles<ptxvm_stream> streams{"stream"};
  handles<ptxvm_event> events{"event"};
  std::unordered_map<const void*, size_t> host_allocations, host_registrations;
};

driver_state& driver();  // never destroyed

// Code and words of the exception that is being handled, remembered for cuGetErrorString.
CUresult failed() noexcept;
CUresult remember(status code, const std::string& words);
const char* standard_words(status code);

// The body of every call.
template <class Body>
CUresult call(const Body& body) noexcept {
  try {
    const std::lock_guard lock(driver().guard);
    body();
    return 0;
  } catch (...) {
    return failed();
  }
}

template <class T>
void require(const T* pointer, const char* what) {
  if (!pointer) fail(status::invalid_value, -1, "a null pointer for ", what);
}

// The device; fails before cuInit and for ordinals there are not.
device_state& device_of(CUdevice device);
// The current context of this thread: live and not poisoned.
ptxvm_context& entered();
// The same for one that is named.
ptxvm_context& usable(CUcontext context);
device_memory& memory_of(const ptxvm_context& context);
// Null and the two default streams are always good; others must be of the current context.
void demand_stream(CUstream stream, const ptxvm_context& context);
uint64_t allocate(ptxvm_context& context, uint64_t bytes);
void empty(ptxvm_module& module);
void unload_all(ptxvm_context& context);

// Bytes of shared memory, by capability.
struct shared_limits {
  uint32_t block, opt_in, multiprocessor;
};
shared_limits shared_of(int capability);
constexpr uint32_t most_threads = 1024, threads_of_multiprocessor = 2048, blocks_of_multiprocessor = 32, multiprocessors = 8;

}  // namespace ptxvm
