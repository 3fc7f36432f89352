// The device code in the addon: one compressed fatbin per family. The build writes the list; it is empty where nvcc was absent.
#pragma once

namespace warpweft::gpu {

struct image {
  const char* family;
  const unsigned char* bytes;
  unsigned long size;
};

const image* images_begin();
int image_count();

}  // namespace warpweft::gpu
