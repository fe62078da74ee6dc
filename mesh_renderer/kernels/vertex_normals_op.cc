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
  return absl::OkStatus();
}

REGISTER_OP("MeshRenderer>VertexNormals")
    .Input("vertices: float")
    .Input("triangles: int32")
    .Output("normals: float")
    .SetShapeFn(NormalsShape);

REGISTER_OP("MeshRenderer>VertexNormalsGrad")
    .Input("vertices: float")
    .Input("triangles: int32")
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
    Tensor* normals;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &normals));
    ParallelFor(context, vertices.dim_size(0), [&](int64_t image) {
      ComputeVertexNormals(SurfaceOfImage(vertices, triangles, image),
                           normals->flat<float>().data() + 3 * vertices.dim_size(1) * image);
    });
  }
};

class VertexNormalsGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& vertices = context->input(0);
    const Tensor& triangles = context->input(1);
    const Tensor& d_normals = context->input(2);
    OP_REQUIRES_OK(context, CheckSurface(vertices, triangles));
    OP_REQUIRES(context, d_normals.shape() == vertices.shape(),
                InvalidArgument("d_normals has shape ", d_normals.shape().DebugString(),
                                ", vertices have ", vertices.shape().DebugString()));
    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &d_vertices));
    const int64_t values = 3 * vertices.dim_size(1);
    ParallelFor(context, vertices.dim_size(0), [&](int64_t image) {
      float* d_positions = d_vertices->flat<float>().data() + values * image;
      std::fill(d_positions, d_positions + values, 0.0f);
      AddVertexNormalsGradient(SurfaceOfImage(vertices, triangles, image),
                               d_normals.flat<float>().data() + values * image, d_positions);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>VertexNormals").Device(tensorflow::DEVICE_CPU),
                        VertexNormalsOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>VertexNormalsGrad").Device(tensorflow::DEVICE_CPU),
                        VertexNormalsGradOp);

}  // namespace
}  // namespace mesh_renderer
