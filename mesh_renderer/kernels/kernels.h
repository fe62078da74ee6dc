// The parts that are compiled once for each instruction set, and the choice between them.

#ifndef MESH_RENDERER_KERNELS_KERNELS_H_
#define MESH_RENDERER_KERNELS_KERNELS_H_

#include "phong.h"

namespace mesh_renderer {

// See the files named *_lanes.h for what each function does.
struct Kernels {
  const char* name;
  void (*shade_image)(const Lighting&, const SurfaceImage&, const PixelList&, float* rgba);
  void (*shade_image_gradient)(const Lighting&, const SurfaceImage&, const PixelList&,
                               const float* d_rgba, const SurfaceImageGradient&, float* lane_sums);
};

// Those for the widest vectors that this processor has. The environment variable
// MESH_RENDERER_ISA (baseline, avx2 or avx512) asks for narrower ones.
const Kernels& BestKernels();

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_KERNELS_H_
