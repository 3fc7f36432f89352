#include "gpu/device.h"

#include <mutex>

#include "base/job.h"
#include "gpu/launch.h"
#include "gpu/staging.h"

namespace warpweft::gpu {
namespace {

constexpr int oldest_capability = 8;  // mma.sync of bfloat16, cp.async

void ask(device_info& found) {
  const driver& d = calls();
  int handle = 0;
  check(d.device_get(&handle, found.ordinal), "finding a device");
  char name[256] = "";
  check(d.device_name(name, sizeof name, handle), "asking for a device's name");
  found.name = name;
  check(d.device_memory(&found.memory, handle), "asking for a device's memory");
  check(d.device_attribute(&found.major, capability_major, handle), "asking for a device's capability");
  check(d.device_attribute(&found.minor, capability_minor, handle), "asking for a device's capability");
  check(d.device_attribute(&found.multiprocessors, multiprocessor_count, handle), "asking for a device's multiprocessors");
  if (found.major < oldest_capability)
    found.why_not = {"UNSUPPORTED_CAPABILITY", found.name + " has compute capability " + std::to_string(found.major) + "." +
                                                   std::to_string(found.minor) + "; 8.0 (Ampere) or later is needed"};
}

// A device that does not answer is listed all the same, with what the driver said.
device_info described(int ordinal) {
  device_info found;
  found.ordinal = ordinal;
  try {
    ask(found);
  } catch (const coded_error& failed) {
    found.why_not = {"NO_DEVICE", failed.what()};
  }
  return found;
}

}  // namespace

const std::vector<device_info>& list() {
  static const auto& once = *[] {
    auto* found = new std::vector<device_info>;
    int count = 0;
    if (driver_absence() || calls().device_count(&count) != success) return found;
    for (int ordinal = 0; ordinal < count; ++ordinal) found->push_back(described(ordinal));
    return found;
  }();
  return once;
}

device::device(const device_info& about) : info_(about), pool_(*this) {
  const driver& d = calls();
  int handle = 0;
  check(d.device_get(&handle, info_.ordinal), "finding a device");
  check(d.retain_context(&context_, handle), "opening a device");
  enter();
  check(d.create_stream(&stream_, stream_non_blocking), "creating a stream");
  staging_ = std::make_unique<gpu::staging>(*this);
  modules_ = std::make_unique<gpu::modules>(*this);
}

void device::enter() const {
  check(calls().set_context(context_), "entering a device");
  pool_.settle();
}

void device::synchronize() const {
  enter();
  check(calls().wait_stream(stream_), "waiting for the GPU");
}

// Devices outlive every thread and every environment, so that finalizers may always give memory back.
device& open(int ordinal) {
  calls();
  static std::mutex& mutex = *new std::mutex;
  static std::vector<device*>& opened = *new std::vector<device*>(list().size());
  if (ordinal < 0 || ordinal >= static_cast<int>(list().size())) {
    const std::string count = std::to_string(list().size());
    throw coded_error("ERR_DEVICE", "there is no CUDA device " + std::to_string(ordinal) + ", the driver sees " + count, "NO_DEVICE");
  }
  const device_info& about = list()[ordinal];
  if (about.why_not) throw coded_error("ERR_DEVICE", about.why_not.words, about.why_not.code);
  const std::lock_guard lock(mutex);
  if (!opened[ordinal]) opened[ordinal] = new device(about);
  return *opened[ordinal];
}

}  // namespace warpweft::gpu
