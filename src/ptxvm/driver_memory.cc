// Memory of the device and of the host, and copies between them.
#include <cstdlib>
#include <cstring>

#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

constexpr size_t page = 4096;

void demand_host(const device_memory& memory, const void* at, size_t bytes) {
  if (bytes == 0) return;
  require(at, "host memory");
  if (memory.contains(reinterpret_cast<uint64_t>(at)))
    fail(status::invalid_value, -1, "the address ", at, " is of the device, and one of the host is wanted");
}

void copy_in(CUdeviceptr to, const void* from, size_t bytes) {
  device_memory& memory = memory_of(entered());
  demand_host(memory, from, bytes);
  memory.copy_in(to, from, bytes);
}

void copy_out(void* to, CUdeviceptr from, size_t bytes) {
  device_memory& memory = memory_of(entered());
  demand_host(memory, to, bytes);
  memory.copy_out(to, from, bytes);
}

void copy(CUdeviceptr to, CUdeviceptr from, size_t bytes) { memory_of(entered()).copy(to, from, bytes); }

// Either side can be the host's.
void copy_any(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  device_memory& memory = memory_of(entered());
  const bool to_device = memory.contains(to), from_device = memory.contains(from);
  void* const host_to = reinterpret_cast<void*>(to);
  const void* const host_from = reinterpret_cast<const void*>(from);
  if (to_device && from_device) return memory.copy(to, from, bytes);
  if (to_device) return copy_in(to, host_from, bytes);
  if (from_device) return copy_out(host_to, from, bytes);
  if (bytes == 0) return;
  require(host_to, "host memory");
  require(host_from, "host memory");
  std::memmove(host_to, host_from, bytes);
}

void set(CUdeviceptr to, uint32_t value, int width, size_t count) { memory_of(entered()).set(to, value, width, count); }

// What was done at once is right for every stream that exists.
template <class Body>
CUresult on_stream(CUstream stream, const Body& body) {
  return call([&] {
    demand_stream(stream, entered());
    body();
  });
}

bool within(const std::unordered_map<const void*, size_t>& ranges, uint64_t address, uint64_t& base, uint64_t& bytes) {
  for (const auto& [at, size] : ranges) {
    base = reinterpret_cast<uint64_t>(at);
    bytes = size;
    if (address - base < size) return true;
  }
  return false;
}

void pointer_attribute(void* value, int attribute, CUdeviceptr address) {
  ptxvm_context& context = entered();
  uint64_t base = 0, bytes = 0;
  const bool device = memory_of(context).range(address, base, bytes);
  const bool host =
      !device && (within(driver().host_allocations, address, base, bytes) || within(driver().host_registrations, address, base, bytes));
  const auto give = [&](auto what) { std::memcpy(value, &what, sizeof what); };
  if (attribute == 13) return give(static_cast<int>(device));  // mapped: asked of any address
  if (!device && !host) fail(status::invalid_value, -1, "the address ", reinterpret_cast<void*>(address), " is in no allocation");
  switch (attribute) {
    case 1: return give(&context);
    case 2: return give(static_cast<unsigned>(device ? 2 : 1));  // CU_MEMORYTYPE_DEVICE, _HOST
    case 3:
      if (host) fail(status::not_supported, -1, "kernels of this machine cannot reach host memory");
      return give(address);
    case 4:
      if (device) fail(status::invalid_value, -1, "the host cannot reach device memory");
      return give(address);
    case 8: return give(0);  // managed
    case 9: return give(context.device);
    case 11: return give(base);
    case 12: return give(static_cast<size_t>(bytes));
    default: fail(status::not_supported, -1, "the pointer attribute ", attribute, " is not supported");
  }
}

}  // namespace
}  // namespace ptxvm

using namespace ptxvm;

CUresult cuMemGetInfo_v2(size_t* available, size_t* total) {
  return call([&] {
    require(available, "the free bytes");
    require(total, "the total");
    const device_memory& memory = memory_of(entered());
    *available = memory.available();
    *total = memory.capacity();
  });
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return call([&] {
    require(address, "the address");
    if (bytes == 0) fail(status::invalid_value, -1, "an allocation of no bytes");
    *address = allocate(entered(), bytes);
  });
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  return call([&] {
    ptxvm_context& context = entered();
    if (address == 0) return;
    if (!context.allocations.count(address)) {
      fail(status::invalid_value, -1, "free of ", reinterpret_cast<void*>(address), ", where no live allocation of this context begins");
    }
    context.allocations.erase(address);
    memory_of(context).release(address);
  });
}

CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream stream) {
  const CUresult good = on_stream(stream, [] {});
  return good != 0 ? good : cuMemAlloc_v2(address, bytes);
}

CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  const CUresult good = on_stream(stream, [] {});
  return good != 0 ? good : cuMemFree_v2(address);
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  return call([&] {
    uint64_t from = 0, size = 0;
    if (!memory_of(entered()).range(address, from, size)) fail(status::not_found, -1, "no allocation holds the address");
    if (base) *base = from;
    if (bytes) *bytes = size;
  });
}

CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned flags) {
  return call([&] {
    require(memory, "the memory");
    entered();
    if (flags > 7) fail(status::invalid_value, -1, "unknown flags");
    if (bytes == 0) fail(status::invalid_value, -1, "an allocation of no bytes");
    *memory = std::aligned_alloc(page, (bytes + page - 1) / page * page);
    if (!*memory) throw std::bad_alloc();
    driver().host_allocations[*memory] = bytes;
  });
}

CUresult cuMemAllocHost_v2(void** memory, size_t bytes) { return cuMemHostAlloc(memory, bytes, 0); }

CUresult cuMemFreeHost(void* memory) {
  return call([&] {
    entered();
    if (driver().host_allocations.erase(memory) == 0)
      fail(status::invalid_value, -1, "the address ", memory, " is not from cuMemHostAlloc");
    std::free(memory);
  });
}

CUresult cuMemHostRegister_v2(void* memory, size_t bytes, unsigned) {
  return call([&] {
    require(memory, "the memory");
    demand_host(memory_of(entered()), memory, bytes);
    if (bytes == 0) fail(status::invalid_value, -1, "a registration of no bytes");
    driver().host_registrations[memory] = bytes;
  });
}

CUresult cuMemHostUnregister(void* memory) {
  return call([&] {
    entered();
    if (driver().host_registrations.erase(memory) == 0) fail(status::invalid_value, -1, "the address ", memory, " is not registered");
  });
}

CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr address) {
  return call([&] {
    require(value, "the value");
    pointer_attribute(value, attribute, address);
  });
}

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return call([&] { copy_any(to, from, bytes); });
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return on_stream(stream, [&] { copy_any(to, from, bytes); });
}
CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return call([&] { copy_in(to, from, bytes); });
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  return on_stream(stream, [&] { copy_in(to, from, bytes); });
}
CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return call([&] { copy_out(to, from, bytes); });
}
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return on_stream(stream, [&] { copy_out(to, from, bytes); });
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return call([&] { copy(to, from, bytes); });
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return on_stream(stream, [&] { copy(to, from, bytes); });
}
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return call([&] { set(to, value, 1, count); });
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  return call([&] { set(to, value, 2, count); });
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return call([&] { set(to, value, 4, count); });
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  return on_stream(stream, [&] { set(to, value, 1, count); });
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
  return on_stream(stream, [&] { set(to, value, 2, count); });
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  return on_stream(stream, [&] { set(to, value, 4, count); });
}
