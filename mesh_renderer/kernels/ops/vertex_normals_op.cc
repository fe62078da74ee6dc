// TensorFlow ops around vertex_normals.h.

#include <algorithm>

#include "op_inputs.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "vertex_normals.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::errors::InvalidArgument;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

absl::Status NormalsShape(InferenceContext* c) {
  ShapeHandle vertices, triangles;
  DimensionHandle unused;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(0), 3, &vertices));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(vertices, 2), 3, &unused));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(1), 2, &triangles));
  TF_RETURN_IF_ERROR(c->WithValue(c->Dim(triangles, 1), 3, &unused));
  c->set_output(0, vertices);
  ShapeHandle lengths;
  TF_RETURN_IF_ERROR(c->Subshape(vertices, 0, 2, &lengths));
  c->set_output(1, lengths);
  return absl::OkStatus();
}

// per_length is the reciprocal length of the sum of triangle normals, which the gradient needs.
REGISTER_OP("MeshRenderer>VertexNormals")
    .Input("vertices: float")
    .Input("triangles: int32")
    .Output("normals: float")
    .Output("per_length: float")
    .SetShapeFn(NormalsShape);

REGISTER_OP("MeshRenderer>VertexNormalsGrad")
    .Input("vertices: float")
    .Input("triangles: int32")
    .Input("normals: float")
    .Input("per_length: float")
    .Input("d_normals: float")
    .Output("d_vertices: float")
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);

absl::Status CheckSurface(const Tensor& vertices, const Tensor& triangles) {
  TF_RETURN_IF_ERROR(CheckShape(vertices, "vertices", 3, 3, "[batch, vertices, 3]"));
  return CheckTriangles(triangles, vertices.dim_size(1));
}

SurfaceView SurfaceOfImage(const Tensor& vertices, const Tensor& triangles, int64_t image) {
  const int64_t count = vertices.dim_size(1);
  return {vertices.flat<float>().data() + 3 * count * image, count,
          triangles.flat<int32_t>().data(), triangles.dim_size(0)};
}

class VertexNormalsOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    OP_REQUIRES_OK(context, CheckSurface(vertices, triangles));
    const int64_t batch = vertices.dim_size(0), count = vertices.dim_size(1);
    Tensor *normals, *per_length;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &normals));
    OP_REQUIRES_OK(context, AllocateOutput(context, 1, {batch, count}, &per_length));
    ParallelFor(context, batch, [&](int64_t image) {
      ComputeVertexNormals(SurfaceOfImage(vertices, triangles, image),
                           normals->flat<float>().data() + 3 * count * image,
                           per_length->flat<float>().data() + count * image);
    });
  }
};

class VertexNormalsGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    const Tensor &normals = context->input(2), &per_length = context->input(3);
    const Tensor& d_normals = context->input(4);
    OP_REQUIRES_OK(context, CheckSurface(vertices, triangles));
    const int64_t batch = vertices.dim_size(0), count = vertices.dim_size(1);
    OP_REQUIRES_OK(context, CheckSizes(normals, "normals", SizesOf(vertices)));
    OP_REQUIRES_OK(context, CheckSizes(per_length, "per_length", {batch, count}));
    OP_REQUIRES_OK(context, CheckSizes(d_normals, "d_normals", SizesOf(vertices)));
    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &d_vertices));
    ParallelFor(context, batch, [&](int64_t image) {
      const int64_t first = 3 * count * image;
      VertexNormalsGradient(
          SurfaceOfImage(vertices, triangles, image), normals.flat<float>().data() + first,
          per_length.flat<float>().data() + count * image, d_normals.flat<float>().data() + first,
          d_vertices->flat<float>().data() + first);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>VertexNormals").Device(tensorflow::DEVICE_CPU),
                        VertexNormalsOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>VertexNormalsGrad").Device(tensorflow::DEVICE_CPU),
                        VertexNormalsGradOp);

}  // namespace
}  // namespace mesh_renderer
