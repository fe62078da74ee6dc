// Which triangle each pixel of one image shows.

#ifndef MESH_RENDERER_KERNELS_RASTERIZER_H_
#define MESH_RENDERER_KERNELS_RASTERIZER_H_

#include <vector>

#include "visibility.h"

namespace mesh_renderer {

// Rasterizes one mesh into one image. The steps may run on any threads, each after the one before:
// parts of Project, parts of Draw (each into keys of its own), Resolve.
class Rasterizer {
 public:
  Rasterizer(ImageSize image, Culling culling);

  void Project(const MeshView& mesh, int64_t begin, int64_t end, VertexBox* boxes) const;

  // Draws triangles [begin, end) into keys [pixels], which it clears first.
  void Draw(const MeshView& mesh, const VertexBox* boxes, int64_t begin, int64_t end,
            Key* keys) const;

  // Writes triangle ids (kNoTriangle where empty) and depths (1 where empty) of pixels
  // [begin, end), from `parts` arrays of keys of all pixels.
  void Resolve(const Key* keys, int parts, int64_t begin, int64_t end, int32_t* ids,
               float* depths) const;

 private:
  ImageSize image_;
  Culling culling_;
  std::vector<float> center_x_, center_y_;
};

// Whether a triangle covers the pixel: barycentric coordinates are all 0 where none does.
inline bool IsCovered(const float barycentrics[3]) {
  return barycentrics[0] != 0.0f || barycentrics[1] != 0.0f || barycentrics[2] != 0.0f;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_RASTERIZER_H_
