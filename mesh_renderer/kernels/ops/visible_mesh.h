// What the ops that draw visible triangles share.

#ifndef MESH_RENDERER_KERNELS_VISIBLE_MESH_H_
#define MESH_RENDERER_KERNELS_VISIBLE_MESH_H_

#include "bands.h"
#include "kernels.h"
#include "op_inputs.h"
#include "scratch.h"

namespace mesh_renderer {

// Their first three inputs: clip-space vertices [batch, vertices, 4], triangles, and the ids of
// visible triangles [batch, height, width].
struct VisibleMesh {
  const tensorflow::Tensor &vertices, &triangles, &ids;

  explicit VisibleMesh(tensorflow::OpKernelContext* context)
      : vertices(context->input(0)), triangles(context->input(1)), ids(context->input(2)) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(CheckShape(vertices, "clip_space_vertices", 3, 4, "[batch, vertices, 4]"));
    TF_RETURN_IF_ERROR(CheckTriangles(triangles, vertices.dim_size(1)));
    TF_RETURN_IF_ERROR(CheckVisible(ids, triangles.dim_size(0)));
    return CheckSameDimension(ids, "triangle_ids", 0, vertices, "clip_space_vertices", 0);
  }
  int64_t Batch() const { return ids.dim_size(0); }
  int64_t VertexCount() const { return vertices.dim_size(1); }
  bool HasNoPixel() const { return ids.NumElements() == 0; }
  Sizes ImageSizes(int64_t channels) const {
    return {ids.dim_size(0), ids.dim_size(1), ids.dim_size(2), channels};
  }
  ImageSize Size() const {
    return {static_cast<int32_t>(ids.dim_size(2)), static_cast<int32_t>(ids.dim_size(1))};
  }
  Bands Rows() const { return {ids.dim_size(0), Size()}; }
  MeshView Mesh(int64_t image) const { return MeshOfImage(vertices, triangles, image); }
  // Valid until this thread asks for the next list.
  PixelList Pixels(const Band& band) const {
    const int64_t most = static_cast<int64_t>(band.end - band.begin) * Size().width;
    auto* list = ThreadScratch<CoveredPixel>(most + kMaxLanes);
    const int32_t* first = ids.flat<int32_t>().data() + band.image * Size().PixelCount();
    return {list, BestKernels().list_covered_pixels(first, Size(), band.begin, band.end, list),
            Size()};
  }
  PixelList PixelsOfImage(int64_t image) const { return Pixels({image, 0, Size().height}); }
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VISIBLE_MESH_H_
