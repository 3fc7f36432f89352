#include "napi/unpack.h"

#include <cmath>
#include <utility>

#include "napi/device_memory.h"
#include "napi/run.h"

namespace warpweft::napi {
namespace {

constexpr int64_t largest_count = int64_t{1} << 53;

}  // namespace

bool arguments::open_host(const Napi::Value& value, array_view& out) {
  if (!value.IsTypedArray()) return false;
  return napi_get_typedarray_info(value.Env(), value, &out.type, &out.length, &out.data, nullptr, nullptr) == napi_ok;
}

bool arguments::open(const Napi::Value& value, array_view& out) {
  if (open_host(value, out)) {
    note(nullptr);
    return true;
  }
  device_array on_device;
  if (!open_device_array(value, on_device)) return false;
  hold(on_device.in->block, on_device.in->on);
  out = {on_device.data, on_device.length, on_device.type};
  return true;
}

void arguments::hold(std::shared_ptr<const void> what, gpu::device* place) {
  if (place && where_ == places::host) refuse("argument " + std::to_string(at_) + " lies on a device; this runs on the CPU only");
  note(place);
  held_.push_back(std::move(what));
}

void arguments::note(gpu::device* place) {
  if (noted_ && on_ != place) refuse("argument " + std::to_string(at_) + " lies on another device than those before it");
  noted_ = true;
  on_ = place;
}

double arguments::number() {
  double value;
  if (napi_get_value_double(info_.Env(), next(), &value) != napi_ok) refuse("argument " + std::to_string(at_) + " must be a number");
  return value;
}

int64_t arguments::integer(int64_t least) {
  const double value = number();
  if (!(value >= static_cast<double>(least) && value < static_cast<double>(largest_count)) || value != std::floor(value))
    refuse("argument " + std::to_string(at_) + " must be an integer from " + std::to_string(least) + ", got " + std::to_string(value));
  return static_cast<int64_t>(value);
}

int64_t arguments::ranged(int64_t count) {
  const int64_t value = integer();
  if (value >= count)
    refuse("argument " + std::to_string(at_) + " must be below " + std::to_string(count) + ", got " + std::to_string(value));
  return value;
}

bool arguments::boolean() { return next().ToBoolean().Value(); }

js_job* arguments::job() {
  const Napi::Value value = next();
  if (value.IsUndefined() || value.IsNull()) return nullptr;
  if (!value.IsExternal()) refuse("argument " + std::to_string(at_) + " must be a job");
  return value.As<Napi::External<js_job>>().Data();
}

std::vector<double> arguments::scalars(int64_t count) {
  array_view v;
  const bool found = open_host(next(), v);
  const double* p = static_cast<double*>(checked(v, found, napi_float64_array, count, "scalars"));
  return {p, p + count};
}

matrix arguments::open_matrix(int64_t types) {
  array_view v;
  if (!open(next(), v)) refuse("argument " + std::to_string(at_) + " must be a typed array");
  matrix m;
  m.data = v.data;
  m.type = static_cast<dtype>(ranged(types));
  m.rows = integer();
  m.stride = integer();
  if (element_size(v.type) != size_of(m.type)) refuse("an array's element size does not fit its dtype");
  if (opened_ == most_matrices) refuse("a call takes no more matrices");
  matrix_bytes_[opened_++] = static_cast<int64_t>(v.length) * element_size(v.type);
  return m;
}

void arguments::close(matrix& m, int64_t columns, const char* what) const {
  m.columns = columns;
  const int64_t bytes = matrix_bytes_[closed_++];
  if (m.rows == 0 || columns == 0) return;
  if (m.stride < columns && m.rows > 1) refuse(std::string(what) + " has a row stride below its columns");
  const double needed = (static_cast<double>(m.rows - 1) * static_cast<double>(m.stride) + static_cast<double>(columns)) *
                        static_cast<double>(size_of(m.type));
  if (needed > static_cast<double>(bytes))
    refuse(std::string(what) + " must hold " + std::to_string(static_cast<int64_t>(needed)) + " bytes, got " + std::to_string(bytes));
}

int64_t arguments::extent(int64_t rows, int64_t stride, int64_t columns, int64_t step) const {
  if (rows == 0 || columns == 0) return 0;
  int64_t down, along, last;
  if (__builtin_mul_overflow(rows - 1, stride, &down) || __builtin_mul_overflow(columns - 1, step, &along) ||
      __builtin_add_overflow(down, along, &last) || last >= largest_count)
    refuse("a matrix of " + std::to_string(rows) + " rows and " + std::to_string(columns) + " columns has too many elements");
  return last + 1;
}

void* arguments::checked(const array_view& v, bool found, napi_typedarray_type type, int64_t count, const char* what) const {
  if (!found || v.type != type) refuse(std::string(what) + " must be a typed array of its kind");
  if (static_cast<int64_t>(v.length) < count)
    refuse(std::string(what) + " must hold " + std::to_string(count) + " elements, got " + std::to_string(v.length));
  // An empty array may have no memory at all; null is kept for arrays that were not given.
  static char nothing[64];
  return v.data ? v.data : nothing;
}

void* arguments::view(const Napi::Value& value, napi_typedarray_type type, int64_t count, const char* what) {
  array_view v;
  const bool found = open(value, v);
  return checked(v, found, type, count, what);
}

void* arguments::host_array(napi_typedarray_type type, int64_t count, const char* what, bool optional) {
  const Napi::Value value = next();
  if (optional && (value.IsNull() || value.IsUndefined())) return nullptr;
  array_view v;
  const bool found = open_host(value, v);
  return checked(v, found, type, count, what);
}

const float* arguments::host_floats(int64_t count, const char* what, bool optional) {
  return static_cast<const float*>(host_array(napi_float32_array, count, what, optional));
}

int32_t* arguments::host_ints(int64_t count, const char* what, bool optional) {
  return static_cast<int32_t*>(host_array(napi_int32_array, count, what, optional));
}

double* arguments::host_doubles(int64_t count, const char* what, bool optional) {
  return static_cast<double*>(host_array(napi_float64_array, count, what, optional));
}

arguments::span arguments::bytes() {
  array_view v;
  if (!open(next(), v)) refuse("argument " + std::to_string(at_) + " must be a typed array");
  return {v.data, static_cast<int64_t>(v.length) * element_size(v.type)};
}

void arguments::check_span(const span& s, dtype type, int64_t count, const char* what) const {
  if (s.bytes / size_of(type) < count)
    refuse(std::string(what) + " must hold " + std::to_string(count) + " elements, got " + std::to_string(s.bytes / size_of(type)));
}

}  // namespace warpweft::napi
