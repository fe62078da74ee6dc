// TensorFlow ops that interpolate vertex attributes over visible triangles.

#include <algorithm>
#include <vector>

#include "kernels.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "visible_mesh.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

absl::Status InterpolateMeshShape(InferenceContext* c) {
  ShapeHandle image, attributes, background, out;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(2), 3, &image));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(3), 3, &attributes));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(4), 1, &background));
  DimensionHandle batch, channels;
  TF_RETURN_IF_ERROR(c->Merge(c->Dim(image, 0), c->Dim(attributes, 0), &batch));
  TF_RETURN_IF_ERROR(c->ReplaceDim(image, 0, batch, &image));
  TF_RETURN_IF_ERROR(c->Merge(c->Dim(attributes, 2), c->Dim(background, 0), &channels));
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(channels), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

absl::Status InterpolateMeshGradShape(InferenceContext* c) {
  c->set_output(0, c->input(0));
  c->set_output(1, c->input(3));
  c->set_output(2, c->input(4));
  return absl::OkStatus();
}

REGISTER_OP("MeshRenderer>InterpolateMesh")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("attributes: float")
    .Input("background: float")
    .Output("image: float")
    .SetShapeFn(InterpolateMeshShape);

REGISTER_OP("MeshRenderer>InterpolateMeshGrad")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("attributes: float")
    .Input("background: float")
    .Input("d_image: float")
    .Output("d_clip_space_vertices: float")
    .Output("d_attributes: float")
    .Output("d_background: float")
    .SetShapeFn(InterpolateMeshGradShape);

struct Inputs : VisibleMesh {
  const Tensor &attributes, &background;

  explicit Inputs(OpKernelContext* context)
      : VisibleMesh(context), attributes(context->input(3)), background(context->input(4)) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(VisibleMesh::Check());
    TF_RETURN_IF_ERROR(CheckShape(attributes, "attributes", 3, -1, "[batch, vertices, channels]"));
    TF_RETURN_IF_ERROR(
        CheckSizes(attributes, "attributes", {Batch(), VertexCount(), attributes.dim_size(2)}));
    return CheckSizes(background, "background_value", {Channels()});
  }
  int64_t Channels() const { return attributes.dim_size(2); }
};

class InterpolateMeshOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context);
    OP_REQUIRES_OK(context, inputs.Check());
    const int64_t channels = inputs.Channels();
    Tensor* image;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, inputs.ImageSizes(channels), &image));
    ParallelFor(context, inputs.Rows().Count(), [&](int64_t unit) {
      const Band band = inputs.Rows().At(unit);
      float* out = FloatsOf(image, band.image);
      FillBackground(inputs, band, out);
      const PixelList pixels = inputs.Pixels(band);
      BestKernels().interpolate_mesh(
          inputs.Mesh(band.image), FloatsOf(inputs.attributes, band.image), channels, pixels, out);
    });
  }

 private:
  static void FillBackground(const Inputs& inputs, const Band& band, float* out) {
    const int64_t channels = inputs.Channels(), width = inputs.Size().width;
    out += channels * width * band.begin;
    const int64_t count = channels * width * (band.end - band.begin);
    const float* background = FloatsOf(inputs.background);
    std::copy(background, background + channels, out);
    // What is filled is copied behind itself, so that few copies do.
    for (int64_t filled = channels; filled < count; filled *= 2) {
      std::copy(out, out + std::min(filled, count - filled), out + filled);
    }
  }
};

class InterpolateMeshGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context);
    OP_REQUIRES_OK(context, inputs.Check());
    const int64_t channels = inputs.Channels();
    const Tensor& d_image = context->input(5);
    OP_REQUIRES_OK(context, CheckSizes(d_image, "d_image", inputs.ImageSizes(channels)));
    Tensor *d_vertices, *d_attributes, *d_background;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.vertices.shape(), &d_vertices));
    OP_REQUIRES_OK(context, context->allocate_output(1, inputs.attributes.shape(), &d_attributes));
    OP_REQUIRES_OK(context, context->allocate_output(2, inputs.background.shape(), &d_background));
    if (inputs.HasNoPixel()) return SetOutputsToZero(context);
    std::vector<float> background_sums(inputs.Batch() * channels, 0.0f);
    ParallelFor(context, inputs.Batch(), [&](int64_t image) {
      const PixelList pixels = inputs.PixelsOfImage(image);
      const float* d_out = FloatsOf(d_image, image);
      BestKernels().interpolate_mesh_gradient(
          inputs.Mesh(image), FloatsOf(inputs.attributes, image), channels, pixels, d_out,
          ZerosOf(d_vertices, image), ZerosOf(d_attributes, image));
      AddBackgroundGradient(inputs, image, d_out, background_sums.data() + image * channels);
    });
    // One sum an image, added up in order: the same result for any number of threads.
    float* total = d_background->flat<float>().data();
    std::fill(total, total + channels, 0.0f);
    for (size_t i = 0; i < background_sums.size(); ++i) total[i % channels] += background_sums[i];
  }

 private:
  static void AddBackgroundGradient(const Inputs& inputs, int64_t image, const float* d_out,
                                    float* sums) {
    const int64_t channels = inputs.Channels(), pixels = inputs.Size().PixelCount();
    const int32_t* ids = inputs.ids.flat<int32_t>().data() + image * pixels;
    // Empty pixels mostly lie side by side: eight at once are one long sum.
    constexpr int64_t kBlock = 8;
    std::vector<float> block_sums(kBlock * channels, 0.0f);
    const auto is_empty = [ids](int64_t pixel) { return ids[pixel] == kNoTriangle; };
    const auto add = [&](int64_t pixel, int64_t number) {
      const float* d = d_out + channels * pixel;
      for (int64_t i = 0; i < number * channels; ++i) block_sums[i] += d[i];
    };
    for (int64_t pixel = 0; pixel < pixels; pixel += kBlock) {
      const int64_t end = std::min(pixel + kBlock, pixels);
      int64_t empty = 0;
      for (int64_t i = pixel; i < end; ++i) empty += is_empty(i);
      if (empty == kBlock) {
        add(pixel, kBlock);
      } else if (empty > 0) {
        for (int64_t i = pixel; i < end; ++i) {
          if (is_empty(i)) add(i, 1);
        }
      }
    }
    for (int64_t i = 0; i < kBlock * channels; ++i) sums[i % channels] += block_sums[i];
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>InterpolateMesh").Device(tensorflow::DEVICE_CPU),
                        InterpolateMeshOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>InterpolateMeshGrad").Device(tensorflow::DEVICE_CPU),
                        InterpolateMeshGradOp);

}  // namespace
}  // namespace mesh_renderer
