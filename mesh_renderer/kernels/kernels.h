// The parts that are compiled once for each instruction set, and the choice between them.

#ifndef MESH_RENDERER_KERNELS_KERNELS_H_
#define MESH_RENDERER_KERNELS_KERNELS_H_

#include "covered_pixels.h"
#include "phong.h"
#include "visibility.h"

namespace mesh_renderer {

// See the files named *_lanes.h for what each function does.
struct Kernels {
  const char* name;
  void (*project_vertices)(const ClipVertex*, int64_t begin, int64_t end, ImageSize, VertexBox*);
  void (*draw_triangles)(const MeshView&, const VertexBox*, int64_t begin, int64_t end, Culling,
                         const KeyImage&);
  void (*resolve_keys)(const Key*, int parts, int64_t stride, int64_t begin, int64_t end,
                       int32_t* ids, float* depths);
  int64_t (*list_covered_pixels)(const int32_t* ids, ImageSize, int32_t begin, int32_t end,
                                 CoveredPixel*);
  bool (*are_in_range)(const int32_t* values, int64_t count, int32_t low, int32_t last);
  void (*resolve_barycentrics)(const MeshView&, const PixelList&, float* out);
  void (*resolve_barycentrics_gradient)(const MeshView&, const PixelList&, const float* d_b,
                                        float* d_vertices);
  void (*interpolate_mesh)(const MeshView&, const float* attributes, int64_t channels,
                           const PixelList&, float* out);
  void (*interpolate_mesh_gradient)(const MeshView&, const float* attributes, int64_t channels,
                                    const PixelList&, const float* d_out, float* d_vertices,
                                    float* d_attributes);
  void (*shade_mesh)(const MeshView&, const SurfaceAttributes&, const Lighting&, const PixelList&,
                     float* rgba);
  void (*shade_mesh_gradient)(const MeshView&, const SurfaceAttributes&, const Lighting&,
                              const PixelList&, const float* d_rgba, float* d_vertices,
                              const SurfaceGradient&, const VertexSumsScratch&, float* lane_sums);
  void (*normalize)(const float* sums, int64_t count, float* normals, float* per_length);
  void (*normalize_gradient)(const float* normals, const float* per_length, const float* d_normals,
                             int64_t count, float* d_sums);
  void (*shade_image)(const Lighting&, const SurfaceAttributes&, const PixelList&, float* rgba);
  void (*shade_image_gradient)(const Lighting&, const SurfaceAttributes&, const PixelList&,
                               const float* d_rgba, const SurfaceGradient&, float* lane_sums);
};

// Returns the kernels for the widest vectors that this processor has. The environment variable
// MESH_RENDERER_ISA (baseline, avx2 or avx512) asks for narrower ones.
const Kernels& BestKernels();

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_KERNELS_H_
