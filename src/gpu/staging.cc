#include "gpu/staging.h"

#include <algorithm>
#include <cstring>

#include "gpu/device.h"

namespace warpweft::gpu {

staging::slot& staging::prepared(size_t index) {
  slot& s = ring_[index % slots];
  if (!s.memory) {
    check(calls().allocate_pinned(&s.memory, piece, 0), "allocating pinned host memory");
    s.done = std::make_unique<event>(on_);
  }
  return s;
}

void staging::copy_in(device_address to, const void* from, size_t bytes) {
  on_.enter();
  const std::lock_guard lock(mutex_);
  for (size_t at = 0; at < bytes; at += piece, ++next_) {
    slot& s = prepared(next_);
    s.done->wait();  // at once where it was never recorded
    const size_t length = std::min(piece, bytes - at);
    std::memcpy(s.memory, static_cast<const char*>(from) + at, length);
    check(calls().copy_in(to + at, s.memory, length, on_.stream()), "copying to the GPU");
    s.done->record();
  }
}

void staging::copy_out(void* to, device_address from, size_t bytes) {
  on_.enter();
  const std::lock_guard lock(mutex_);
  const size_t pieces = (bytes + piece - 1) / piece;
  const auto length_of = [&](size_t i) { return std::min(piece, bytes - i * piece); };
  for (size_t sent = 0, taken = 0; taken < pieces; ++taken) {
    for (; sent < pieces && sent < taken + slots; ++sent) {
      slot& s = prepared(next_ + sent);
      s.done->wait();
      check(calls().copy_out(s.memory, from + sent * piece, length_of(sent), on_.stream()), "copying from the GPU");
      s.done->record();
    }
    slot& s = prepared(next_ + taken);
    s.done->wait();
    std::memcpy(static_cast<char*>(to) + taken * piece, s.memory, length_of(taken));
  }
  next_ += pieces;
}

}  // namespace warpweft::gpu
