// TensorFlow ops around interpolation.h.

#include <algorithm>
#include <vector>

#include "interpolation.h"
#include "op_inputs.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

// Pixels of a unit of work: small beside an image, large beside the cost of handing it out.
constexpr int64_t kPixelsPerUnit = 4096;

absl::Status InterpolateShape(InferenceContext* c) {
  ShapeHandle attributes, triangles, barycentrics, ids, background, image;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(0), 3, &attributes));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(1), 2, &triangles));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(2), 4, &barycentrics));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(3), 3, &ids));
  TF_RETURN_IF_ERROR(c->WithRank(c->input(4), 1, &background));
  TF_RETURN_IF_ERROR(c->Subshape(barycentrics, 0, 3, &image));
  TF_RETURN_IF_ERROR(c->Merge(image, ids, &image));
  DimensionHandle batch, channels;
  TF_RETURN_IF_ERROR(c->Merge(c->Dim(attributes, 0), c->Dim(image, 0), &batch));
  TF_RETURN_IF_ERROR(c->Merge(c->Dim(attributes, 2), c->Dim(background, 0), &channels));
  TF_RETURN_IF_ERROR(c->ReplaceDim(image, 0, batch, &image));
  ShapeHandle out;
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(channels), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

absl::Status InterpolateGradShape(InferenceContext* c) {
  c->set_output(0, c->input(0));
  c->set_output(1, c->input(2));
  c->set_output(2, c->input(4));
  return absl::OkStatus();
}

REGISTER_OP("MeshRenderer>Interpolate")
    .Input("attributes: float")
    .Input("triangles: int32")
    .Input("barycentrics: float")
    .Input("triangle_ids: int32")
    .Input("background: float")
    .Output("image: float")
    .SetShapeFn(InterpolateShape);

REGISTER_OP("MeshRenderer>InterpolateGrad")
    .Input("attributes: float")
    .Input("triangles: int32")
    .Input("barycentrics: float")
    .Input("triangle_ids: int32")
    .Input("background: float")
    .Input("d_image: float")
    .Output("d_attributes: float")
    .Output("d_barycentrics: float")
    .Output("d_background: float")
    .SetShapeFn(InterpolateGradShape);

// The inputs that both ops share, checked.
struct Inputs {
  const Tensor &attributes, &triangles, &barycentrics, &ids, &background;

  explicit Inputs(OpKernelContext* context)
      : attributes(context->input(0)),
        triangles(context->input(1)),
        barycentrics(context->input(2)),
        ids(context->input(3)),
        background(context->input(4)) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(CheckShape(attributes, "attributes", 3, -1, "[batch, vertices, channels]"));
    TF_RETURN_IF_ERROR(CheckTriangles(triangles, attributes.dim_size(1)));
    TF_RETURN_IF_ERROR(CheckPixels(barycentrics, ids, triangles.dim_size(0)));
    TF_RETURN_IF_ERROR(
        CheckSameDimension(attributes, "attributes", 0, barycentrics, "barycentrics", 0));
    TF_RETURN_IF_ERROR(CheckShape(background, "background_value", 1, -1, "[channels]"));
    return CheckSameDimension(background, "background_value", 0, attributes, "attributes", 2);
  }

  int64_t Batch() const { return ids.dim_size(0); }
  int64_t Channels() const { return attributes.dim_size(2); }
  int64_t PixelCount() const { return ids.dim_size(1) * ids.dim_size(2); }
  int64_t AttributeCount() const { return attributes.dim_size(1) * attributes.dim_size(2); }
  bool HasNoPixel() const { return ids.NumElements() == 0; }
  Sizes ImageSizes() const { return {Batch(), ids.dim_size(1), ids.dim_size(2), Channels()}; }
  const float* Attributes(int64_t image) const {
    return attributes.flat<float>().data() + image * AttributeCount();
  }
  PixelsOnMesh Pixels(int64_t image) const {
    return {triangles.flat<int32_t>().data(),
            barycentrics.flat<float>().data() + 3 * image * PixelCount(),
            ids.flat<int32_t>().data() + image * PixelCount()};
  }
};

class InterpolateOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context);
    OP_REQUIRES_OK(context, inputs.Check());
    Tensor* image_tensor;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, inputs.ImageSizes(), &image_tensor));
    float* out = image_tensor->flat<float>().data();
    const int64_t pixels = inputs.PixelCount();
    const int64_t units = (pixels + kPixelsPerUnit - 1) / kPixelsPerUnit;
    ParallelFor(context, inputs.Batch() * units, [&](int64_t unit) {
      const int64_t image = unit / units;
      const int64_t begin = unit % units * kPixelsPerUnit;
      InterpolateAttributes(inputs.Pixels(image), inputs.Attributes(image),
                            inputs.background.flat<float>().data(), inputs.Channels(), begin,
                            std::min(begin + kPixelsPerUnit, pixels),
                            out + image * pixels * inputs.Channels());
    });
  }
};

class InterpolateGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_image = context->input(5);
    OP_REQUIRES_OK(context, CheckSizes(d_image, "d_image", inputs.ImageSizes()));
    Tensor *d_attributes, *d_barycentrics, *d_background;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.attributes.shape(), &d_attributes));
    OP_REQUIRES_OK(context,
                   context->allocate_output(1, inputs.barycentrics.shape(), &d_barycentrics));
    OP_REQUIRES_OK(context, context->allocate_output(2, inputs.background.shape(), &d_background));
    if (inputs.HasNoPixel()) return SetOutputsToZero(context);
    // One sum an image, added up in order: the same result for any number of threads.
    std::vector<float> background_sums(inputs.Batch() * inputs.Channels(), 0.0f);
    ParallelFor(context, inputs.Batch(), [&](int64_t image) {
      float* d_values = d_attributes->flat<float>().data() + image * inputs.AttributeCount();
      std::fill(d_values, d_values + inputs.AttributeCount(), 0.0f);
      const int64_t first = image * inputs.PixelCount();
      AddInterpolationGradient(inputs.Pixels(image), inputs.Attributes(image),
                               d_image.flat<float>().data() + first * inputs.Channels(),
                               inputs.Channels(), inputs.PixelCount(), d_values,
                               d_barycentrics->flat<float>().data() + 3 * first,
                               background_sums.data() + image * inputs.Channels());
    });
    float* total = d_background->flat<float>().data();
    std::fill(total, total + inputs.Channels(), 0.0f);
    for (size_t i = 0; i < background_sums.size(); ++i) {
      total[i % inputs.Channels()] += background_sums[i];
    }
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Interpolate").Device(tensorflow::DEVICE_CPU),
                        InterpolateOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>InterpolateGrad").Device(tensorflow::DEVICE_CPU),
                        InterpolateGradOp);

}  // namespace
}  // namespace mesh_renderer
