// Phong shading of images of surface properties.

#ifndef MESH_RENDERER_KERNELS_SHADE_IMAGE_LANES_H_
#define MESH_RENDERER_KERNELS_SHADE_IMAGE_LANES_H_

#include "covered_lanes.h"
#include "phong_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

inline Surface LoadSurface(const SurfaceAttributes& image, Ints pixel, bool has_specular) {
  const Ints index = 3 * pixel;
  Surface s{GatherVec3(image.normals, index), GatherVec3(image.positions, index),
            GatherVec3(image.diffuse, index), Vec3{}, Floats{}};
  if (has_specular) {
    s.specular = GatherVec3(image.specular, index);
    s.shininess = Gather(image.shininess, pixel);
  }
  return s;
}

// Writes RGB of the pixels of the list to rgba [pixels, 4], whose row 0 is the top.
void ShadeImage(const Lighting& lighting, const SurfaceAttributes& surface, const PixelList& list,
                float* rgba) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const Surface s = LoadSurface(surface, pixel.Index(list.image), lighting.camera != nullptr);
    ScatterVec3(Shade(lighting, s), 4 * pixel.FlippedIndex(list.image), pixel.count, rgba);
  }
}

// Writes the gradients of the pixels of the list, and adds those of lights and camera to the lanes
// of sums [LightingSumCount, kMaxLanes].
void ShadeImageGradient(const Lighting& lighting, const SurfaceAttributes& surface,
                        const PixelList& list, const float* d_rgba, const SurfaceGradient& out,
                        float* lane_sums) {
  const bool has_specular = lighting.camera != nullptr;
  const LightingSums sums{lane_sums, lighting.light_count};
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const Ints index = pixel.Index(list.image);
    const Surface s = LoadSurface(surface, index, has_specular);
    const Vec3 d_color = pixel.KeepInUse(GatherVec3(d_rgba, 4 * pixel.FlippedIndex(list.image)));
    Surface d{};
    ShadeGradient(lighting, s, d_color, &d, sums);
    ScatterVec3(d.normal, 3 * index, pixel.count, out.normals);
    ScatterVec3(d.position, 3 * index, pixel.count, out.positions);
    ScatterVec3(d.diffuse, 3 * index, pixel.count, out.diffuse);
    if (!has_specular) continue;
    ScatterVec3(d.specular, 3 * index, pixel.count, out.specular);
    Scatter(d.shininess, index, pixel.count, out.shininess);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SHADE_IMAGE_LANES_H_
