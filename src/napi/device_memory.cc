#include "napi/device_memory.h"

#include "base/job.h"

namespace warpweft::napi {
namespace {

// The kinds of elements by the names of their typed arrays.
bool element_type(const std::string& name, napi_typedarray_type& out) {
  if (name == "Float32Array")
    out = napi_float32_array;
  else if (name == "Uint16Array")
    out = napi_uint16_array;
  else if (name == "Int32Array")
    out = napi_int32_array;
  else if (name == "Int8Array")
    out = napi_int8_array;
  else if (name == "Uint8Array")
    out = napi_uint8_array;
  else
    return false;
  return true;
}

bool count_of(const Napi::Value& value, int64_t& out) {
  if (!value.IsNumber()) return false;
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number < 0x1p53)) return false;
  out = static_cast<int64_t>(number);
  return static_cast<double>(out) == number;
}

}  // namespace

device_memory* device_memory_of(const Napi::Value& value) {
  if (!value.IsExternal()) return nullptr;
  device_memory* memory = value.As<Napi::External<device_memory>>().Data();
  return memory && memory->mark == device_memory::its_mark ? memory : nullptr;
}

bool open_device_array(const Napi::Value& value, device_array& out) {
  if (!value.IsObject() || value.IsTypedArray() || value.IsExternal()) return false;
  const Napi::Object array = value.As<Napi::Object>();
  out.in = device_memory_of(array.Get("handle"));
  if (!out.in) return false;
  int64_t offset = 0, length = 0, end = 0;
  const Napi::Value kind = array.Get("kind");
  if (!kind.IsString() || !element_type(kind.As<Napi::String>(), out.type) || !count_of(array.Get("byteOffset"), offset) ||
      !count_of(array.Get("length"), length))
    throw coded_error("ERR_ARGUMENT", "an array on a device must have kind, byteOffset and length");
  if (!out.in->block) throw coded_error("ERR_DISPOSED", "the device memory was released");
  const int64_t size = element_size(out.type);
  if (offset % size != 0 || __builtin_mul_overflow(length, size, &end) || __builtin_add_overflow(end, offset, &end) || end > out.in->bytes)
    throw coded_error("ERR_ARGUMENT", "an array on a device must lie within its memory of " + std::to_string(out.in->bytes) + " bytes");
  out.data = out.in->block->as<char>() + offset;
  out.length = static_cast<size_t>(length);
  return true;
}

int64_t element_size(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    default: return 2;  // float16, where the runtime has it
  }
}

}  // namespace warpweft::napi
