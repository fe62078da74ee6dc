// TensorFlow ops around antialias.h.

#include <algorithm>
#include <vector>

#include "antialias.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "visible_mesh.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::InferenceContext;

absl::Status AntialiasShape(InferenceContext* c) {
  c->set_output(0, c->input(4));
  return absl::OkStatus();
}

absl::Status AntialiasGradShape(InferenceContext* c) {
  c->set_output(0, c->input(0));
  c->set_output(1, c->input(4));
  return absl::OkStatus();
}

REGISTER_OP("MeshRenderer>Antialias")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("z_buffer: float")
    .Input("image: float")
    .Attr("row_0_is_top: bool")
    .Output("antialiased: float")
    .SetShapeFn(AntialiasShape);

REGISTER_OP("MeshRenderer>AntialiasGrad")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("z_buffer: float")
    .Input("image: float")
    .Input("d_antialiased: float")
    .Attr("row_0_is_top: bool")
    .Output("d_clip_space_vertices: float")
    .Output("d_image: float")
    .SetShapeFn(AntialiasGradShape);

struct Inputs : VisibleMesh {
  const Tensor &depths, &image;
  const bool flipped;

  Inputs(OpKernelContext* context, bool row_0_is_top)
      : VisibleMesh(context),
        depths(context->input(3)),
        image(context->input(4)),
        flipped(row_0_is_top) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(VisibleMesh::Check());
    TF_RETURN_IF_ERROR(CheckSizes(depths, "z_buffer", SizesOf(ids)));
    TF_RETURN_IF_ERROR(CheckShape(image, "image", 4, -1, "[batch, height, width, channels]"));
    return CheckSizes(image, "image", ImageSizes(Channels()));
  }
  int64_t Channels() const { return image.dim_size(3); }

  // The crossings of one image, with pixels as they lie in `image`.
  std::vector<SilhouetteCrossing> Crossings(const std::vector<int32_t>& neighbors,
                                            int64_t number) const {
    const int64_t first = number * Size().PixelCount();
    auto crossings = FindCrossings(Mesh(number), neighbors, ids.flat<int32_t>().data() + first,
                                   FloatsOf(depths) + first, Size());
    if (!flipped) return crossings;
    for (SilhouetteCrossing& crossing : crossings) {
      crossing.from = Flipped(crossing.from);
      crossing.to = Flipped(crossing.to);
    }
    return crossings;
  }
  std::vector<int32_t> Neighbors() const {
    return FindNeighbors(triangles.flat<int32_t>().data(), triangles.dim_size(0));
  }

 private:
  int64_t Flipped(int64_t pixel) const {
    const int64_t width = Size().width;
    return (Size().height - 1 - pixel / width) * width + pixel % width;
  }
};

class AntialiasOp : public OpKernel {
 public:
  explicit AntialiasOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("row_0_is_top", &row_0_is_top_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, row_0_is_top_);
    OP_REQUIRES_OK(context, inputs.Check());
    Tensor* out_tensor;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.image.shape(), &out_tensor));
    const auto neighbors = inputs.Neighbors();
    const int64_t channels = inputs.Channels();
    ParallelFor(context, inputs.Batch(), [&](int64_t number) {
      const float* image = FloatsOf(inputs.image, number);
      float* out = FloatsOf(out_tensor, number);
      std::copy(image, image + channels * inputs.Size().PixelCount(), out);
      for (const SilhouetteCrossing& crossing : inputs.Crossings(neighbors, number)) {
        const float *from = image + channels * crossing.from, *to = image + channels * crossing.to;
        for (int64_t c = 0; c < channels; ++c) {
          out[channels * crossing.to + c] += crossing.share * (from[c] - to[c]);
        }
      }
    });
  }

 private:
  bool row_0_is_top_;
};

class AntialiasGradOp : public OpKernel {
 public:
  explicit AntialiasGradOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("row_0_is_top", &row_0_is_top_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, row_0_is_top_);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_out_tensor = context->input(5);
    OP_REQUIRES_OK(context, CheckSizes(d_out_tensor, "d_antialiased", SizesOf(inputs.image)));
    Tensor *d_vertices_tensor, *d_image_tensor;
    OP_REQUIRES_OK(context,
                   context->allocate_output(0, inputs.vertices.shape(), &d_vertices_tensor));
    OP_REQUIRES_OK(context, context->allocate_output(1, inputs.image.shape(), &d_image_tensor));
    if (inputs.HasNoPixel()) return SetOutputsToZero(context);
    const auto neighbors = inputs.Neighbors();
    const int64_t channels = inputs.Channels();
    ParallelFor(context, inputs.Batch(), [&](int64_t number) {
      const float* d_out = FloatsOf(d_out_tensor, number);
      float* d_image = FloatsOf(d_image_tensor, number);
      std::copy(d_out, d_out + channels * inputs.Size().PixelCount(), d_image);
      float* d_vertices = ZerosOf(d_vertices_tensor, number);
      for (const SilhouetteCrossing& crossing : inputs.Crossings(neighbors, number)) {
        AddGradient(crossing, FloatsOf(inputs.image, number), d_out, channels, d_image, d_vertices);
      }
    });
  }

 private:
  static void AddGradient(const SilhouetteCrossing& crossing, const float* image,
                          const float* d_out, int64_t channels, float* d_image, float* d_vertices) {
    const int64_t from = channels * crossing.from, to = channels * crossing.to;
    float d_share = 0.0f;
    for (int64_t c = 0; c < channels; ++c) {
      const float d = d_out[to + c];
      d_share += d * (image[from + c] - image[to + c]);
      d_image[from + c] += crossing.share * d;
      d_image[to + c] -= crossing.share * d;
    }
    for (int v = 0; v < 2; ++v) {
      float* d_vertex = d_vertices + 4 * static_cast<int64_t>(crossing.vertices[v]);
      d_vertex[0] += d_share * crossing.d_share[v][0];
      d_vertex[1] += d_share * crossing.d_share[v][1];
      d_vertex[3] += d_share * crossing.d_share[v][2];
    }
  }

  bool row_0_is_top_;
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Antialias").Device(tensorflow::DEVICE_CPU), AntialiasOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>AntialiasGrad").Device(tensorflow::DEVICE_CPU),
                        AntialiasGradOp);

}  // namespace
}  // namespace mesh_renderer
