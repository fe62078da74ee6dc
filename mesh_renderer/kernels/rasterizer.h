// Which triangle each pixel of one image shows.

#ifndef MESH_RENDERER_KERNELS_RASTERIZER_H_
#define MESH_RENDERER_KERNELS_RASTERIZER_H_

#include <vector>

#include "visibility.h"

namespace mesh_renderer {

// Rasterizes one mesh into one image, in three steps: Project, Draw and Resolve. Each begins when
// the one before has ended, and may be divided into parts that run on any threads; parts of Draw
// need keys of their own.
class Rasterizer {
 public:
  Rasterizer(ImageSize image, Culling culling);

  // Computes the boxes of vertices [begin, end).
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

// Tells whether a triangle covers the pixel: barycentric coordinates are all 0 where none does.
inline bool IsCovered(const float barycentrics[3]) {
  return barycentrics[0] != 0.0f || barycentrics[1] != 0.0f || barycentrics[2] != 0.0f;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_RASTERIZER_H_
