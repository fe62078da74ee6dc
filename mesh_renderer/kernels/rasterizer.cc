#include "rasterizer.h"

#include <algorithm>

#include "kernels.h"

namespace mesh_renderer {
Rasterizer::Rasterizer(ImageSize image, Culling culling)
    : image_(image), culling_(culling), center_x_(image.width), center_y_(image.height) {
  for (int i = 0; i < image.width; ++i) center_x_[i] = static_cast<float>(image.CenterX(i));
  for (int i = 0; i < image.height; ++i) center_y_[i] = static_cast<float>(image.CenterY(i));
}

void Rasterizer::Project(const MeshView& mesh, int64_t begin, int64_t end, VertexBox* boxes) const {
  BestKernels().project_vertices(mesh.vertices, begin, end, image_, boxes);
}

void Rasterizer::Draw(const MeshView& mesh, const VertexBox* boxes, int64_t begin, int64_t end,
                      Key* keys) const {
  std::fill(keys, keys + image_.PixelCount(), kEmptyKey);
  const KeyImage image{image_, {center_x_.data(), center_y_.data()}, keys};
  BestKernels().draw_triangles(mesh, boxes, begin, end, culling_, image);
}

void Rasterizer::Resolve(const Key* keys, int parts, int64_t begin, int64_t end, int32_t* ids,
                         float* depths) const {
  BestKernels().resolve_keys(keys, parts, image_.PixelCount(), begin, end, ids, depths);
}

}  // namespace mesh_renderer
