// Codes, their names, and the words of failures.
#include <array>
#include <new>
#include <stdexcept>

#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

struct row {
  status code;
  const char* name;
  const char* words;
};

constexpr std::array rows{
    row{status::success, "CUDA_SUCCESS", "no error"},
    row{status::invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    row{status::out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    row{status::not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    row{status::deinitialized, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    row{status::no_device, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    row{status::invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    row{status::invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    row{status::invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    row{status::no_binary_for_gpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    row{status::invalid_ptx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    row{status::jit_compiler_not_found, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"},
    row{status::unsupported_ptx_version, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
        "the provided PTX was compiled with an unsupported toolchain"},
    row{status::file_not_found, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
    row{status::invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    row{status::not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    row{status::not_ready, "CUDA_ERROR_NOT_READY", "device not ready"},
    row{status::illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    row{status::launch_out_of_resources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    row{status::launch_timeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    row{status::assert_failed, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    row{status::hardware_stack_error, "CUDA_ERROR_HARDWARE_STACK_ERROR", "hardware stack error"},
    row{status::illegal_instruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
    row{status::misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    row{status::invalid_address_space, "CUDA_ERROR_INVALID_ADDRESS_SPACE", "operation not supported on global/shared address space"},
    row{status::invalid_pc, "CUDA_ERROR_INVALID_PC", "invalid program counter"},
    row{status::launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    row{status::not_permitted, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    row{status::not_supported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    row{status::unknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const row* find(CUresult code) {
  for (const row& r : rows) {
    if (static_cast<CUresult>(r.code) == code) return &r;
  }
  return nullptr;
}

// Of this thread, by code. Earlier words stay where they are, for whoever still holds them.
thread_local std::unordered_map<CUresult, const std::string*> latest;

}  // namespace

const char* standard_words(status code) {
  const row* const r = find(static_cast<CUresult>(code));
  return r ? r->words : "unrecognized error code";
}

CUresult remember(status code, const std::string& words) {
  static std::mutex guard;
  static auto& all = *new std::unordered_set<std::string>;
  const std::lock_guard lock(guard);
  latest[static_cast<CUresult>(code)] = &*all.insert(words.empty() ? standard_words(code) : words).first;
  return static_cast<CUresult>(code);
}

CUresult failed() noexcept {
  try {
    throw;
  } catch (const fault& f) {
    return remember(f.code, f.words);
  } catch (const refusal& r) {
    return remember(status::invalid_ptx, r.what());
  } catch (const std::bad_alloc&) {
    return remember(status::out_of_memory, "the host has no memory left for the device");
  } catch (const std::invalid_argument& e) {
    return remember(status::invalid_value, e.what());
  } catch (const std::exception& e) {
    return remember(status::unknown, e.what());
  } catch (...) {
    return remember(status::unknown, "");
  }
}

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuGetErrorName(CUresult error, const char** name) {
  const row* const r = find(error);
  if (!name || !r) {
    if (name) *name = nullptr;
    return static_cast<CUresult>(status::invalid_value);
  }
  *name = r->name;
  return 0;
}

CUresult cuGetErrorString(CUresult error, const char** words) {
  const row* const r = find(error);
  if (!words || !r) {
    if (words) *words = nullptr;
    return static_cast<CUresult>(status::invalid_value);
  }
  const auto found = latest.find(error);
  *words = found == latest.end() ? r->words : found->second->c_str();
  return 0;
}
