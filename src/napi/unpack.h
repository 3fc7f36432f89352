// Positional arguments, read in order. Each buffer is held against the lengths that the other arguments imply:
// what lib/check.ts promises is not trusted with memory.
#pragma once
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "base/job.h"
#include "base/matrix.h"

namespace warpweft::gpu {
class buffer;
}

namespace warpweft::napi {

class js_job;

// Where the arrays of a call may lie: all in host memory, or as well all on one device.
enum class places { host, host_or_device };

class arguments {
 public:
  arguments(const Napi::CallbackInfo& info, const char* name, places where = places::host) : info_(info), name_(name), where_(where) {}

  // The next one, whatever it is.
  Napi::Value value() { return next(); }
  double number();
  int64_t integer(int64_t least = 0);
  bool boolean();
  // One of [0, count).
  template <class Id>
  Id id() {
    return static_cast<Id>(ranged(static_cast<int64_t>(Id::count)));
  }
  template <class Id>
  Id id(int64_t count) {
    return static_cast<Id>(ranged(count));
  }
  // Threads and job open every heavy call.
  int threads() { return static_cast<int>(integer(1)); }
  js_job* job();
  std::vector<double> scalars(int64_t count);

  // An external value's data; null for anything else.
  template <class T>
  T* external() {
    const Napi::Value value = next();
    return value.IsExternal() ? value.As<Napi::External<T>>().Data() : nullptr;
  }

  // data, dtype of the first `types`, rows, rowStride; columns come later, see `close`.
  matrix open_matrix(int64_t types = 3);
  void close(matrix& m, int64_t columns, const char* what) const;

  // A typed array of at least `count` elements; null where null is passed and allowed.
  float* floats(int64_t count, const char* what, bool optional = false) { return array<float>(count, what, napi_float32_array, optional); }
  double* doubles(int64_t count, const char* what) { return array<double>(count, what, napi_float64_array, false); }
  int32_t* ints(int64_t count, const char* what, bool optional = false) { return array<int32_t>(count, what, napi_int32_array, optional); }
  // Labels, indices, factors and numbers of a whole call that stay in host memory, wherever the other arrays are.
  const float* host_floats(int64_t count, const char* what, bool optional = false);
  int32_t* host_ints(int64_t count, const char* what, bool optional = false);
  double* host_doubles(int64_t count, const char* what, bool optional = false);
  // Elements of `type`, whatever the array's class, `count` of them.
  void* elements(dtype type, int64_t count, const char* what);
  // Opens an array whose dtype and count follow in the argument list.
  struct span {
    void* data;
    int64_t bytes;
  };
  span bytes();
  void check_span(const span& s, dtype type, int64_t count, const char* what) const;

  // Elements from the first to the last of rows × columns; refuses what 64 bits cannot count.
  int64_t extent(int64_t rows, int64_t stride, int64_t columns, int64_t step = 1) const;
  int64_t product(int64_t rows, int64_t columns) const { return extent(rows, columns, columns); }

  // Whether the next one is an external value.
  bool external_next() const { return info_[at_].IsExternal(); }
  // What an external value owns must live as long as the call, and lies where the arrays do; `place` null: in host memory.
  void hold(std::shared_ptr<const void> what, gpu::device* place);

  // The device that the arrays read so far lie on; null: host memory.
  gpu::device* on() const { return on_; }
  // Their device memory, and all else that must live as long as the call.
  const std::vector<std::shared_ptr<const void>>& held() const { return held_; }

  const Napi::CallbackInfo& info() const { return info_; }
  [[noreturn]] void refuse(const std::string& words) const { throw coded_error("ERR_ARGUMENT", std::string(name_) + ": " + words); }

 private:
  Napi::Value next() { return info_[at_++]; }
  int64_t ranged(int64_t count);
  template <class T>
  T* array(int64_t count, const char* what, napi_typedarray_type type, bool optional) {
    const Napi::Value value = next();
    if (optional && (value.IsNull() || value.IsUndefined())) return nullptr;
    return static_cast<T*>(view(value, type, count, what));
  }
  struct array_view {
    void* data = nullptr;
    size_t length = 0;
    napi_typedarray_type type = napi_int8_array;
  };
  // A typed array, or one on a device where that is allowed; all arrays of a call lie in one place.
  bool open(const Napi::Value& value, array_view& out);
  static bool open_host(const Napi::Value& value, array_view& out);
  void note(gpu::device* place);
  void* checked(const array_view& v, bool found, napi_typedarray_type type, int64_t count, const char* what) const;
  void* host_array(napi_typedarray_type type, int64_t count, const char* what, bool optional);
  void* view(const Napi::Value& value, napi_typedarray_type type, int64_t count, const char* what);

  const Napi::CallbackInfo& info_;
  const char* name_;
  const places where_;
  size_t at_ = 0;
  bool noted_ = false;
  gpu::device* on_ = nullptr;
  std::vector<std::shared_ptr<const void>> held_;
  static constexpr size_t most_matrices = 4;
  int64_t matrix_bytes_[most_matrices];
  size_t opened_ = 0;
  mutable size_t closed_ = 0;
};

}  // namespace warpweft::napi
