#include "ptxvm/fatbin.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "ptxvm/fault.h"
#include "ptxvm/lz4.h"

namespace ptxvm {
namespace {

// As fatbinary writes them, little-endian.
struct wrapper {
  uint32_t magic, version;
  const void* data;
  void* more;
};

struct header {
  uint32_t magic;
  uint16_t version, header_bytes;
  uint64_t bytes;  // behind the header
};

struct entry {
  uint16_t kind, version;
  uint32_t header_bytes;
  uint64_t bytes;             // of the payload behind the header, with padding
  uint32_t compressed_bytes;  // 0: not compressed
  uint32_t options;
  uint16_t minor, major;
  uint32_t arch;  // 80
  uint32_t name, name_bytes;
  uint64_t flags, zero, text_bytes;
};
static_assert(sizeof(wrapper) == 24 && sizeof(header) == 16 && sizeof(entry) == 64);

constexpr uint32_t wrapper_magic = 0x466243b1, header_magic = 0xba55ed50, elf_magic = 0x464c457f;
constexpr uint16_t kind_ptx = 1, kind_code = 2;
constexpr uint64_t packed_by_lz4 = 0x2000;
constexpr uint64_t longest_text = uint64_t{1} << 30;  // a damaged entry asks for no more than that

template <class T>
T at(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The text of an entry at `p`, without the zeros that pad it.
std::string text_of(const entry& e, const char* p) {
  const std::string_view stored(p + e.header_bytes, e.bytes);
  if (e.compressed_bytes == 0) return std::string(stored.substr(0, stored.find('\0')));
  if (e.compressed_bytes > e.bytes || e.text_bytes > longest_text) fail(status::invalid_image, -1, "the fatbin is damaged");
  std::string text = unpack_lz4(stored.substr(0, e.compressed_bytes), e.text_bytes);
  return text.substr(0, text.find('\0'));
}

std::string ptx_of_fatbin(const char* image, int capability) {
  const auto whole = at<header>(image);
  if (whole.version != 1 || whole.header_bytes < sizeof(header)) fail(status::invalid_image, -1, "a fatbin of an unknown version");
  const char* const end = image + whole.header_bytes + whole.bytes;
  const char* best = nullptr;
  uint32_t best_arch = 0, compressed = 0, code = 0, higher = 0;
  for (const char* p = image + whole.header_bytes; p < end;) {
    if (end - p < static_cast<ptrdiff_t>(sizeof(entry))) fail(status::invalid_image, -1, "the fatbin is cut off");
    const auto e = at<entry>(p);
    const auto left = static_cast<uint64_t>(end - p);
    if (e.header_bytes < sizeof(entry) || e.header_bytes > left || e.bytes > left - e.header_bytes)
      fail(status::invalid_image, -1, "the fatbin is damaged");
    if (e.kind == kind_code) {
      ++code;
    } else if (e.kind == kind_ptx && e.compressed_bytes != 0 && !(e.flags & packed_by_lz4)) {
      ++compressed;
    } else if (e.kind == kind_ptx && static_cast<int>(e.arch) > capability) {
      ++higher;
    } else if (e.kind == kind_ptx && e.arch >= best_arch) {
      best = p;
      best_arch = e.arch;
    }
    p += e.header_bytes + e.bytes;
  }
  if (best) return text_of(at<entry>(best), best);
  fail(status::no_binary_for_gpu, -1, "the fatbin holds no PTX this machine can read: ", code, " entries of machine code, ", compressed,
       " of PTX compressed otherwise than with LZ4 (fatbinary --compress-mode=speed makes it readable), ", higher,
       " of PTX for a higher capability than ", capability / 10, ".", capability % 10);
}

}  // namespace

std::string ptx_of(const void* image, int capability) {
  const auto magic = at<uint32_t>(image);
  if (magic == wrapper_magic) return ptx_of(at<wrapper>(image).data, capability);
  if (magic == header_magic) return ptx_of_fatbin(static_cast<const char*>(image), capability);
  if (magic == elf_magic) fail(status::no_binary_for_gpu, -1, "the image is machine code, and this machine runs PTX only");
  const std::string_view text(static_cast<const char*>(image));
  if (text.find(".version") == std::string_view::npos)
    fail(status::invalid_image, -1, "the image is no PTX, no fatbin and no machine code");
  return std::string(text);
}

}  // namespace ptxvm
