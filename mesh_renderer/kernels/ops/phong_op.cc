// TensorFlow ops that shade images of surface properties.

#include <algorithm>
#include <vector>

#include "bands.h"
#include "kernels.h"
#include "lighting_sums.h"
#include "scratch.h"
#include "shading_inputs.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

absl::Status PhongShape(InferenceContext* c) {
  ShapeHandle image, out;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(0), 3, &image));
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(4), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

absl::Status PhongGradShape(InferenceContext* c) {
  for (int i = 0; i < 10; ++i) c->set_output(i, c->input(i));
  return absl::OkStatus();
}

// From "normals" on: see ShadingInputs.
REGISTER_OP("MeshRenderer>Phong")
    .Input("alphas: float")
    .Input("normals: float")
    .Input("pixel_positions: float")
    .Input("diffuse_colors: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Attr("specular: bool")
    .Output("image: float")
    .SetShapeFn(PhongShape);

REGISTER_OP("MeshRenderer>PhongGrad")
    .Input("alphas: float")
    .Input("normals: float")
    .Input("pixel_positions: float")
    .Input("diffuse_colors: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Input("d_image: float")
    .Attr("specular: bool")
    .Output("d_alphas: float")
    .Output("d_normals: float")
    .Output("d_pixel_positions: float")
    .Output("d_diffuse_colors: float")
    .Output("d_specular_colors: float")
    .Output("d_shininess_coefficients: float")
    .Output("d_light_positions: float")
    .Output("d_light_intensities: float")
    .Output("d_ambient_color: float")
    .Output("d_camera_position: float")
    .SetShapeFn(PhongGradShape);

struct Inputs {
  const Tensor& alphas;
  const ShadingInputs shading;

  Inputs(OpKernelContext* context, bool has_specular)
      : alphas(context->input(0)), shading(context, 1, has_specular) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(CheckShape(alphas, "alphas", 3, -1, "[batch, height, width]"));
    TF_RETURN_IF_ERROR(CheckImageSize(alphas.dim_size(2), alphas.dim_size(1)));
    return shading.Check(SizesOf(alphas), "pixel_positions");
  }
  bool HasNoPixel() const { return alphas.NumElements() == 0; }
  Sizes ImageSizes() const {
    return {alphas.dim_size(0), alphas.dim_size(1), alphas.dim_size(2), 4};
  }
  ImageSize Size() const {
    return {static_cast<int32_t>(alphas.dim_size(2)), static_cast<int32_t>(alphas.dim_size(1))};
  }
  Bands Rows() const { return {alphas.dim_size(0), Size()}; }
};

// Lists the pixels of a band that are shaded. Valid until this thread asks for the next list.
PixelList OpaquePixels(const float* alphas, const Band& band, ImageSize size) {
  auto* list = ThreadScratch<CoveredPixel>(static_cast<size_t>(band.end - band.begin) * size.width);
  int64_t count = 0;
  for (int32_t row = band.begin; row < band.end; ++row) {
    const float* alpha = alphas + static_cast<int64_t>(row) * size.width;
    for (int32_t column = 0; column < size.width; ++column) {
      if (!(alpha[column] > 0.5f)) continue;
      list[count++] = {static_cast<int16_t>(column), static_cast<int16_t>(row), 0};
    }
  }
  return {list, count, size};
}

// Makes a band of rgba black, with its alphas, rows reversed.
void ClearBand(const float* alphas, const Band& band, ImageSize size, float* rgba) {
  for (int32_t row = band.begin; row < band.end; ++row) {
    const float* alpha = alphas + static_cast<int64_t>(row) * size.width;
    float* out = rgba + 4 * static_cast<int64_t>(size.height - 1 - row) * size.width;
    for (int32_t column = 0; column < size.width; ++column, out += 4) {
      out[0] = out[1] = out[2] = 0.0f;
      out[3] = alpha[column];
    }
  }
}

// The gradient of a band's alphas, which pass through.
void CopyAlphas(const float* d_rgba, const Band& band, ImageSize size, float* d_alphas) {
  for (int32_t row = band.begin; row < band.end; ++row) {
    const float* d_pixel = d_rgba + 4 * static_cast<int64_t>(size.height - 1 - row) * size.width;
    float* d_alpha = d_alphas + static_cast<int64_t>(row) * size.width;
    for (int32_t i = 0; i < size.width; ++i) d_alpha[i] = d_pixel[4 * i + 3];
  }
}

class PhongOp : public ShadingOp {
 public:
  using ShadingOp::ShadingOp;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    Tensor* image;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, inputs.ImageSizes(), &image));
    ParallelFor(context, inputs.Rows().Count(), [&](int64_t unit) {
      const Band band = inputs.Rows().At(unit);
      const float* alphas = FloatsOf(inputs.alphas, band.image);
      float* rgba = FloatsOf(image, band.image);
      ClearBand(alphas, band, inputs.Size(), rgba);
      BestKernels().shade_image(inputs.shading.LightingOf(band.image),
                                inputs.shading.SurfaceOf(band.image),
                                OpaquePixels(alphas, band, inputs.Size()), rgba);
    });
  }
};

class PhongGradOp : public ShadingOp {
 public:
  using ShadingOp::ShadingOp;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_image = context->input(10);
    OP_REQUIRES_OK(context, CheckSizes(d_image, "d_image", inputs.ImageSizes()));
    Tensor* d_alphas;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.alphas.shape(), &d_alphas));
    ShadingGradients d;
    OP_REQUIRES_OK(context, d.Allocate(context, 1, 1));
    if (inputs.HasNoPixel()) return SetOutputsToZero(context);

    const Bands bands = inputs.Rows();
    const int64_t sum_count = LightingSumCount(inputs.shading.LightCount());
    std::vector<float> sums(bands.Count() * sum_count);
    ParallelFor(context, bands.Count(), [&](int64_t unit) {
      const Band band = bands.At(unit);
      const int64_t width = bands.size.width;
      const float* d_rgba = FloatsOf(d_image, band.image);
      CopyAlphas(d_rgba, band, bands.size, FloatsOf(d_alphas, band.image));
      d.ClearSurface(band.image, width * band.begin, width * band.end);
      const float* alphas = FloatsOf(inputs.alphas, band.image);
      std::vector<float> lanes(sum_count * kMaxLanes, 0.0f);
      BestKernels().shade_image_gradient(
          inputs.shading.LightingOf(band.image), inputs.shading.SurfaceOf(band.image),
          OpaquePixels(alphas, band, bands.size), d_rgba, d.SurfaceOf(band.image), lanes.data());
      AddLanes(lanes.data(), sum_count, sums.data() + unit * sum_count);
    });
    for (int64_t image = 0; image < bands.batch; ++image) {
      const float* first = sums.data() + image * bands.PerImage() * sum_count;
      d.SetLighting(image, AddUnits(first, bands.PerImage(), sum_count).data());
    }
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Phong").Device(tensorflow::DEVICE_CPU), PhongOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongGrad").Device(tensorflow::DEVICE_CPU), PhongGradOp);

}  // namespace
}  // namespace mesh_renderer
