// cuInit and what a device says about itself.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "ptxvm/driver_state.h"

namespace ptxvm {
namespace {

// Device attributes by their number in cuda.h; others read 0, "not there".
int attribute_of(int attribute) {
  const int capability = settings().capability;
  const shared_limits shared = shared_of(capability);
  constexpr int yes = 1;
  switch (attribute) {
    case 1: return most_threads;  // per block
    case 2:
    case 3: return 1024;        // block x, y
    case 4: return 64;          // block z
    case 5: return 2147483647;  // grid x
    case 6:
    case 7: return 65535;  // grid y, z
    case 8: return static_cast<int>(shared.block);
    case 9: return 64 << 10;  // constant memory
    case 10: return warp_size;
    case 11: return 2147483647;  // pitch
    case 12:
    case 82: return 65536;      // registers of a block, of a multiprocessor
    case 13: return 1'000'000;  // clock, kHz
    case 16: return multiprocessors;
    case 36: return 1'000'000;  // memory clock, kHz
    case 37: return 256;        // bus, bits
    case 38: return 4 << 20;    // L2
    case 39: return threads_of_multiprocessor;
    case 41: return yes;  // unified addressing
    case 75: return capability / 10;
    case 76: return capability % 10;
    case 81: return static_cast<int>(shared.multiprocessor);
    case 97: return static_cast<int>(shared.opt_in);
    case 106: return blocks_of_multiprocessor;
    case 111: return capability >= 80 ? 1024 : 0;  // shared memory the system keeps
    default: return 0;
  }
}

constexpr int attributes = 148;

}  // namespace

driver_state& driver() {
  static driver_state* const state = new driver_state;
  return *state;
}

shared_limits shared_of(int capability) {
  constexpr uint32_t kib = 1024;
  switch (capability) {
    case 80:
    case 87: return {48 * kib, 163 * kib, 164 * kib};
    case 90:
    case 100:
    case 101:
    case 103:
    case 110: return {48 * kib, 227 * kib, 228 * kib};
    default: return capability >= 80 ? shared_limits{48 * kib, 99 * kib, 100 * kib} : shared_limits{48 * kib, 64 * kib, 64 * kib};
  }
}

device_state& device_of(CUdevice device) {
  driver_state& d = driver();
  if (!d.initialised) fail(status::not_initialized, -1, "cuInit was not called");
  if (device < 0 || static_cast<size_t>(device) >= d.devices.size()) fail(status::invalid_device, -1, "there is no device ", device);
  return d.devices[static_cast<size_t>(device)];
}

}  // namespace ptxvm

using namespace ptxvm;

CUresult cuInit(unsigned flags) {
  return call([&] {
    if (flags != 0) fail(status::invalid_value, -1, "cuInit takes no flags");
    const int count = settings().devices;
    if (count == 0) fail(status::no_device, -1, standard_words(status::no_device));
    driver_state& d = driver();
    while (d.devices.size() < static_cast<size_t>(count)) d.devices.emplace_back();
    d.initialised = true;
  });
}

CUresult cuDriverGetVersion(int* version) {
  return call([&] {
    require(version, "the version");
    *version = settings().driver_version;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return call([&] {
    require(count, "the count");
    if (!driver().initialised) fail(status::not_initialized, -1, "cuInit was not called");
    *count = static_cast<int>(driver().devices.size());
  });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return call([&] {
    require(device, "the device");
    device_of(ordinal);
    *device = ordinal;
  });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return call([&] {
    require(name, "the name");
    device_of(device);
    if (length < 1) fail(status::invalid_value, -1, "no room for the name");
    std::snprintf(name, static_cast<size_t>(length), "PTX virtual machine");
  });
}

// The same in every process, and another for each device.
CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  return call([&] {
    require(uuid, "the UUID");
    device_of(device);
    constexpr char prefix[] = "ptxvm-virtual-";
    std::memset(uuid->bytes, 0, sizeof uuid->bytes);
    std::memcpy(uuid->bytes, prefix, sizeof prefix - 1);
    uuid->bytes[15] = static_cast<char>(device);
  });
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return call([&] {
    require(bytes, "the size");
    device_of(device);
    *bytes = settings().memory;
  });
}

CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  return call([&] {
    require(value, "the value");
    device_of(device);
    if (attribute < 1 || attribute >= attributes) fail(status::invalid_value, -1, "there is no device attribute ", attribute);
    *value = attribute_of(attribute);
  });
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return call([&] {
    require(major, "the major number");
    require(minor, "the minor number");
    device_of(device);
    *major = settings().capability / 10;
    *minor = settings().capability % 10;
  });
}

CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
  return call([&] {
    require(id, "the id");
    device_of(device);
    if (length < 13) fail(status::invalid_value, -1, "no room for the id");
    std::snprintf(id, static_cast<size_t>(length), "0000:%02x:00.0", static_cast<unsigned>(device & 0xff));
  });
}
