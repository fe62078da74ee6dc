// TensorFlow ops around rasterizer.h.

#include <algorithm>
#include <vector>

#include "op_inputs.h"
#include "rasterizer.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;
using tensorflow::errors::InvalidArgument;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

constexpr char kVerticesShape[] = "[batch, vertices, 4]";

absl::Status RasterizeShape(InferenceContext* c) {
  ShapeHandle vertices, triangles;
  DimensionHandle unused;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(0), 3, &vertices));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(vertices, 2), 4, &unused));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(1), 2, &triangles));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(triangles, 1), 3, &unused));
  int32_t width, height;
  TF_RETURN_IF_ERROR(c->GetAttr("image_width", &width));
  TF_RETURN_IF_ERROR(c->GetAttr("image_height", &height));
  const DimensionHandle batch = c->Dim(vertices, 0);
  const ShapeHandle image = c->MakeShape({batch, c->MakeDim(height), c->MakeDim(width)});
  ShapeHandle barycentrics;
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(3), &barycentrics));
  c->set_output(0, barycentrics);
  c->set_output(1, image);
  c->set_output(2, image);
  return absl::OkStatus();
}

REGISTER_OP("MeshRenderer>Rasterize")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Attr("image_width: int")
    .Attr("image_height: int")
    .Output("barycentrics: float")
    .Output("triangle_ids: int32")
    .Output("z_buffer: float")
    .SetShapeFn(RasterizeShape);

REGISTER_OP("MeshRenderer>RasterizeGrad")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("barycentrics: float")
    .Input("triangle_ids: int32")
    .Input("d_barycentrics: float")
    .Output("d_clip_space_vertices: float")
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);

MeshView MeshOfImage(const Tensor& vertices, const Tensor& triangles, int64_t image) {
  const int64_t count = vertices.dim_size(1);
  const auto* data = reinterpret_cast<const ClipVertex*>(vertices.flat<float>().data());
  return {data + image * count, count, triangles.flat<int32_t>().data(), triangles.dim_size(0)};
}

class RasterizeOp : public OpKernel {
 public:
  explicit RasterizeOp(OpKernelConstruction* context) : OpKernel(context) {
    ReadSize(context, "image_width", &size_.width);
    ReadSize(context, "image_height", &size_.height);
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    OP_REQUIRES_OK(context, CheckShape(vertices, "clip_space_vertices", 3, 4, kVerticesShape));
    OP_REQUIRES_OK(context, CheckTriangles(triangles, vertices.dim_size(1)));

    const int64_t batch = vertices.dim_size(0);
    Tensor *barycentrics, *ids, *z_buffer;
    OP_REQUIRES_OK(context,
                   context->allocate_output(0, TensorShape({batch, size_.height, size_.width, 3}),
                                            &barycentrics));
    const TensorShape image_shape({batch, size_.height, size_.width});
    OP_REQUIRES_OK(context, context->allocate_output(1, image_shape, &ids));
    OP_REQUIRES_OK(context, context->allocate_output(2, image_shape, &z_buffer));
    Rasterize(context, vertices, triangles,
              {barycentrics->flat<float>().data(), ids->flat<int32_t>().data(),
               z_buffer->flat<float>().data()});
  }

 private:
  static void ReadSize(OpKernelConstruction* context, const char* name, int32_t* size) {
    OP_REQUIRES_OK(context, context->GetAttr(name, size));
    OP_REQUIRES(context, *size > 0,
                InvalidArgument(name, " must be at least 1 pixel, got ", *size));
  }

  // Images are cut into bands of rows when there are fewer of them than keep all threads busy.
  int BandsPerImage(OpKernelContext* context, int64_t batch) const {
    const int64_t wanted = (4 * ThreadCount(context) + batch - 1) / std::max<int64_t>(batch, 1);
    const bool single_thread = ThreadCount(context) == 1;
    return single_thread ? 1 : static_cast<int>(std::min<int64_t>(wanted, size_.height));
  }

  void Rasterize(OpKernelContext* context, const Tensor& vertices, const Tensor& triangles,
                 const Framebuffer& out) const {
    const int64_t batch = vertices.dim_size(0), vertex_count = vertices.dim_size(1);
    std::vector<ScreenPoint> screen(batch * vertex_count);
    ParallelFor(context, batch, [&](int64_t image) {
      ProjectVertices(MeshOfImage(vertices, triangles, image).vertices, vertex_count, size_,
                      screen.data() + image * vertex_count);
    });
    const int bands = BandsPerImage(context, batch);
    ParallelFor(context, batch * bands, [&](int64_t unit) {
      const int64_t image = unit / bands, band = unit % bands;
      const int begin = static_cast<int>(band * size_.height / bands);
      const int end = static_cast<int>((band + 1) * size_.height / bands);
      const int64_t first = image * size_.PixelCount();
      const Framebuffer buffer{out.barycentrics + 3 * first, out.triangle_ids + first,
                               out.z_buffer + first};
      const MeshView mesh = MeshOfImage(vertices, triangles, image);
      FindVisibleTriangles(mesh, screen.data() + image * vertex_count, size_, begin, end, buffer);
      ResolveRows(mesh, size_, begin, end, buffer);
    });
  }

  ImageSize size_;
};

class RasterizeGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    const Tensor& barycentrics = context->input(2);
    const Tensor& ids = context->input(3);
    const Tensor& d_barycentrics = context->input(4);
    OP_REQUIRES_OK(context, CheckShape(vertices, "clip_space_vertices", 3, 4, kVerticesShape));
    OP_REQUIRES_OK(context, CheckTriangles(triangles, vertices.dim_size(1)));
    OP_REQUIRES_OK(context, CheckPixels(barycentrics, ids, triangles.dim_size(0)));
    OP_REQUIRES_OK(context,
                   CheckSameDimension(ids, "triangle_ids", 0, vertices, "clip_space_vertices", 0));
    OP_REQUIRES(context, d_barycentrics.shape() == barycentrics.shape(),
                InvalidArgument("d_barycentrics has shape ", d_barycentrics.shape().DebugString(),
                                ", barycentrics have ", barycentrics.shape().DebugString()));

    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &d_vertices));
    const ImageSize size{static_cast<int32_t>(ids.dim_size(2)),
                         static_cast<int32_t>(ids.dim_size(1))};
    ParallelFor(context, vertices.dim_size(0), [&](int64_t image) {
      float* d_image = d_vertices->flat<float>().data() + image * vertices.dim_size(1) * 4;
      std::fill(d_image, d_image + vertices.dim_size(1) * 4, 0.0f);
      const int64_t first = image * size.PixelCount();
      AddRasterizationGradient(MeshOfImage(vertices, triangles, image), size,
                               barycentrics.flat<float>().data() + 3 * first,
                               ids.flat<int32_t>().data() + first,
                               d_barycentrics.flat<float>().data() + 3 * first, d_image);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Rasterize").Device(tensorflow::DEVICE_CPU), RasterizeOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>RasterizeGrad").Device(tensorflow::DEVICE_CPU),
                        RasterizeGradOp);

}  // namespace
}  // namespace mesh_renderer
