#include "rasterizer.h"

#include <algorithm>
#include <cstring>

#include "kernels.h"

namespace mesh_renderer {
namespace {

float DepthOf(Key key) {
  const auto sortable = static_cast<uint32_t>(key >> 32);
  const uint32_t bits = sortable & 0x80000000u ? sortable & 0x7fffffffu : ~sortable;
  float depth;
  std::memcpy(&depth, &bits, sizeof(depth));
  return depth;
}

int32_t TriangleOf(Key key) { return static_cast<int32_t>(~static_cast<uint32_t>(key)); }

}  // namespace

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
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    Key key = keys[pixel];
    for (int part = 1; part < parts; ++part) {
      key = std::min(key, keys[part * image_.PixelCount() + pixel]);
    }
    ids[pixel] = key == kEmptyKey ? kNoTriangle : TriangleOf(key);
    depths[pixel] = key == kEmptyKey ? 1.0f : DepthOf(key);
  }
}

std::vector<CoveredPixel> ListCoveredPixels(const int32_t* triangle_ids, ImageSize image, int begin,
                                            int end) {
  std::vector<CoveredPixel> pixels(static_cast<size_t>(end - begin) * image.width);
  size_t count = 0;
  for (int row = begin; row < end; ++row) {
    const int32_t* ids = triangle_ids + static_cast<int64_t>(row) * image.width;
    for (int column = 0; column < image.width; ++column) {
      pixels[count] = {static_cast<int16_t>(column), static_cast<int16_t>(row), ids[column]};
      count += ids[column] != kNoTriangle;
    }
  }
  pixels.resize(count);
  return pixels;
}

}  // namespace mesh_renderer
