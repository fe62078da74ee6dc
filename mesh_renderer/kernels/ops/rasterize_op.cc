// TensorFlow ops that find which triangle each pixel shows, and where on it the pixel lies.

#include <algorithm>
#include <vector>

#include "kernels.h"
#include "op_inputs.h"
#include "rasterizer.h"
#include "scratch.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "visible_mesh.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::errors::InvalidArgument;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

// Each part of a mesh is drawn to keys of its own: half a gigabyte together, unless one image needs
// more.
constexpr int64_t kMostKeys = 1 << 26;

absl::Status VisibilityShape(InferenceContext* c) {
  ShapeHandle vertices, triangles;
  DimensionHandle unused;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(0), 3, &vertices));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(vertices, 2), 4, &unused));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(1), 2, &triangles));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(triangles, 1), 3, &unused));
  int32_t width, height;
  TF_RETURN_IF_ERROR(c->GetAttr("image_width", &width));
  TF_RETURN_IF_ERROR(c->GetAttr("image_height", &height));
  const ShapeHandle image =
      c->MakeShape({c->Dim(vertices, 0), c->MakeDim(height), c->MakeDim(width)});
  c->set_output(0, image);
  c->set_output(1, image);
  return absl::OkStatus();
}

absl::Status BarycentricsShape(InferenceContext* c) {
  ShapeHandle image, out;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(2), 3, &image));
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(3), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

// triangle_ids are -1 where a pixel shows none.
REGISTER_OP("MeshRenderer>Visibility")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Attr("image_width: int >= 1")
    .Attr("image_height: int >= 1")
    .Attr("culling: int = 0")
    .Output("triangle_ids: int32")
    .Output("z_buffer: float")
    .SetShapeFn(VisibilityShape);

REGISTER_OP("MeshRenderer>Barycentrics")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Output("barycentrics: float")
    .SetShapeFn(BarycentricsShape);

// Gives the gradient with respect to clip-space vertices, from that with respect to barycentric
// coordinates. The triangle of a pixel is held fixed; z has no gradient.
REGISTER_OP("MeshRenderer>BarycentricsGrad")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("d_barycentrics: float")
    .Output("d_clip_space_vertices: float")
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);

class VisibilityOp : public OpKernel {
 public:
  explicit VisibilityOp(OpKernelConstruction* context) : OpKernel(context) {
    ReadSize(context, "image_width", &size_.width);
    ReadSize(context, "image_height", &size_.height);
    int32_t culling;
    OP_REQUIRES_OK(context, context->GetAttr("culling", &culling));
    OP_REQUIRES(context, 0 <= culling && culling <= 2,
                InvalidArgument("culling must be 0, 1 or 2, got ", culling));
    culling_ = static_cast<Culling>(culling);
    OP_REQUIRES_OK(context, CheckImageSize(size_.width, size_.height));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    OP_REQUIRES_OK(context,
                   CheckShape(vertices, "clip_space_vertices", 3, 4, "[batch, vertices, 4]"));
    OP_REQUIRES_OK(context, CheckTriangles(triangles, vertices.dim_size(1)));
    const Sizes sizes = {vertices.dim_size(0), size_.height, size_.width};
    Tensor *ids, *depths;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, sizes, &ids));
    OP_REQUIRES_OK(context, AllocateOutput(context, 1, sizes, &depths));
    const Rasterizer rasterizer(size_, culling_);
    const Output out{ids->flat<int32_t>().data(), depths->flat<float>().data()};
    if (vertices.dim_size(0) < ThreadCount(context)) {
      RasterizeInParts(context, rasterizer, vertices, triangles, out);
    } else {
      RasterizeImages(context, rasterizer, vertices, triangles, out);
    }
  }

 private:
  struct Output {
    int32_t* ids;
    float* depths;
  };

  static void ReadSize(OpKernelConstruction* context, const char* name, int32_t* size) {
    OP_REQUIRES_OK(context, context->GetAttr(name, size));
    OP_REQUIRES(context, *size > 0,
                InvalidArgument(name, " must be at least 1 pixel, got ", *size));
  }

  // Draws each image by one thread.
  void RasterizeImages(OpKernelContext* context, const Rasterizer& rasterizer,
                       const Tensor& vertices, const Tensor& triangles, const Output& out) const {
    const int64_t pixels = size_.PixelCount();
    ParallelFor(context, vertices.dim_size(0), [&](int64_t image) {
      const MeshView mesh = MeshOfImage(vertices, triangles, image);
      auto* boxes = ThreadScratch<VertexBox>(mesh.vertex_count);
      Key* keys = ThreadScratch<Key>(pixels);
      rasterizer.Project(mesh, 0, mesh.vertex_count, boxes);
      rasterizer.Draw(mesh, boxes, 0, mesh.triangle_count, keys);
      rasterizer.Resolve(keys, 1, 0, pixels, out.ids + image * pixels, out.depths + image * pixels);
    });
  }

  // Draws fewer images than there are threads: each image's triangles are divided, and at each
  // pixel the nearest of what the parts show is taken. A key does not depend on the order of
  // drawing.
  void RasterizeInParts(OpKernelContext* context, const Rasterizer& rasterizer,
                        const Tensor& vertices, const Tensor& triangles, const Output& out) const {
    const int64_t batch = vertices.dim_size(0), pixels = size_.PixelCount();
    if (batch == 0) return;
    const int64_t threads_per_image = (ThreadCount(context) + batch - 1) / batch;
    const int64_t most_parts = std::max<int64_t>(1, kMostKeys / (batch * pixels));
    const int parts = static_cast<int>(std::min(threads_per_image, most_parts));
    const int64_t vertex_count = vertices.dim_size(1);
    auto* boxes = ThreadScratch<VertexBox>(batch * vertex_count);
    Key* keys = ThreadScratch<Key>(batch * parts * pixels);
    const auto part_of = [parts](int64_t count, int64_t part) { return count * part / parts; };
    ParallelFor(context, batch * parts, [&](int64_t unit) {
      const int64_t image = unit / parts, part = unit % parts;
      rasterizer.Project(MeshOfImage(vertices, triangles, image), part_of(vertex_count, part),
                         part_of(vertex_count, part + 1), boxes + image * vertex_count);
    });
    ParallelFor(context, batch * parts, [&](int64_t unit) {
      const int64_t image = unit / parts, part = unit % parts;
      const MeshView mesh = MeshOfImage(vertices, triangles, image);
      rasterizer.Draw(mesh, boxes + image * vertex_count, part_of(mesh.triangle_count, part),
                      part_of(mesh.triangle_count, part + 1), keys + unit * pixels);
    });
    ParallelFor(context, batch * parts, [&](int64_t unit) {
      const int64_t image = unit / parts, part = unit % parts;
      rasterizer.Resolve(keys + image * parts * pixels, parts, part_of(pixels, part),
                         part_of(pixels, part + 1), out.ids + image * pixels,
                         out.depths + image * pixels);
    });
  }

  ImageSize size_;
  Culling culling_;
};

class BarycentricsOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const VisibleMesh visible(context);
    OP_REQUIRES_OK(context, visible.Check());
    Tensor* barycentrics;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, visible.ImageSizes(3), &barycentrics));
    const ImageSize size = visible.Size();
    ParallelFor(context, visible.Rows().Count(), [&](int64_t unit) {
      const Band band = visible.Rows().At(unit);
      float* out = FloatsOf(barycentrics, band.image);
      std::fill(out + 3 * static_cast<int64_t>(band.begin) * size.width,
                out + 3 * static_cast<int64_t>(band.end) * size.width, 0.0f);
      const PixelList pixels = visible.Pixels(band);
      BestKernels().resolve_barycentrics(visible.Mesh(band.image), pixels, out);
    });
  }
};

class BarycentricsGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const VisibleMesh visible(context);
    OP_REQUIRES_OK(context, visible.Check());
    const Tensor& d_barycentrics = context->input(3);
    OP_REQUIRES_OK(context, CheckSizes(d_barycentrics, "d_barycentrics", visible.ImageSizes(3)));
    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, visible.vertices.shape(), &d_vertices));
    if (visible.HasNoPixel()) return SetOutputsToZero(context);
    ParallelFor(context, visible.Batch(), [&](int64_t image) {
      const PixelList pixels = visible.PixelsOfImage(image);
      BestKernels().resolve_barycentrics_gradient(
          visible.Mesh(image), pixels, FloatsOf(d_barycentrics, image), ZerosOf(d_vertices, image));
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Visibility").Device(tensorflow::DEVICE_CPU),
                        VisibilityOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Barycentrics").Device(tensorflow::DEVICE_CPU),
                        BarycentricsOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>BarycentricsGrad").Device(tensorflow::DEVICE_CPU),
                        BarycentricsGradOp);

}  // namespace
}  // namespace mesh_renderer
