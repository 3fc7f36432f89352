// npm run build:ptxvm: the virtual GPU, build/Release/libwarpweft_ptxvm.so, and what measures it.
import { must } from "./run.mjs";
import { setup } from "./setup.mjs";

setup();
must("Building the virtual GPU", "cmake", [
  "--build",
  "build",
  "--target",
  "warpweft_ptxvm",
  "dialect_images",
  "ptxvm_speed",
  "ptxvm_kernels",
]);
