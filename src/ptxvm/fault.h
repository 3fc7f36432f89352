// What stops a launch. The scheduler adds the kernel, the PTX line, the block and the thread.
#pragma once
#include <sstream>
#include <string>

namespace ptxvm {

// Numbers of the driver API (CUresult).
enum class status : int {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  deinitialized = 4,
  no_device = 100,
  invalid_device = 101,
  invalid_image = 200,
  invalid_context = 201,
  no_binary_for_gpu = 209,
  invalid_ptx = 218,
  unsupported_ptx_version = 222,
  jit_compiler_not_found = 221,
  file_not_found = 301,
  invalid_handle = 400,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  launch_out_of_resources = 701,
  launch_timeout = 702,
  assert_failed = 710,
  hardware_stack_error = 714,
  illegal_instruction = 715,
  misaligned_address = 716,
  invalid_address_space = 717,
  invalid_pc = 718,
  launch_failed = 719,
  not_permitted = 800,
  not_supported = 801,
  unknown = 999
};

struct fault {
  status code;
  std::string words;
  int lane = -1;  // the first lane concerned, when one is
};

// fail(status::illegal_address, lane, "read of ", bytes, " bytes at ", address)
template <class... Parts>
[[noreturn]] void fail(status code, int lane, const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  throw fault{code, out.str(), lane};
}

}  // namespace ptxvm
