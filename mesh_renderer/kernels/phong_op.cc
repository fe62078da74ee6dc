// TensorFlow ops that shade images of surface properties.

#include <algorithm>
#include <vector>

#include "bands.h"
#include "kernels.h"
#include "lighting_sums.h"
#include "op_inputs.h"
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
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

absl::Status PhongShape(InferenceContext* c) {
  ShapeHandle image, out;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(1), 3, &image));
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(4), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

absl::Status PhongGradShape(InferenceContext* c) {
  for (int i = 0; i < 10; ++i) c->set_output(i, c->input(i));
  return absl::OkStatus();
}

// Without specular light the last three inputs are not read; they may be of any shape.
REGISTER_OP("MeshRenderer>Phong")
    .Input("normals: float")
    .Input("alphas: float")
    .Input("pixel_positions: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("diffuse_colors: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Attr("specular: bool")
    .Output("image: float")
    .SetShapeFn(PhongShape);

REGISTER_OP("MeshRenderer>PhongGrad")
    .Input("normals: float")
    .Input("alphas: float")
    .Input("pixel_positions: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("diffuse_colors: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Input("d_image: float")
    .Attr("specular: bool")
    .Output("d_normals: float")
    .Output("d_alphas: float")
    .Output("d_pixel_positions: float")
    .Output("d_light_positions: float")
    .Output("d_light_intensities: float")
    .Output("d_diffuse_colors: float")
    .Output("d_ambient_color: float")
    .Output("d_camera_position: float")
    .Output("d_specular_colors: float")
    .Output("d_shininess_coefficients: float")
    .SetShapeFn(PhongGradShape);

// The inputs that both ops share, in their order.
struct Inputs {
  const Tensor &normals, &alphas, &positions, &lights, &intensities, &diffuse, &ambient, &camera,
      &specular, &shininess;
  const bool has_specular;

  Inputs(OpKernelContext* c, bool specular_light)
      : normals(c->input(0)),
        alphas(c->input(1)),
        positions(c->input(2)),
        lights(c->input(3)),
        intensities(c->input(4)),
        diffuse(c->input(5)),
        ambient(c->input(6)),
        camera(c->input(7)),
        specular(c->input(8)),
        shininess(c->input(9)),
        has_specular(specular_light) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(CheckShape(alphas, "alphas", 3, -1, "[batch, height, width]"));
    TF_RETURN_IF_ERROR(CheckImageSize(alphas.dim_size(2), alphas.dim_size(1)));
    TensorShape colors = alphas.shape();
    colors.AddDim(3);
    TF_RETURN_IF_ERROR(CheckEqualShape(normals, "normals", colors));
    TF_RETURN_IF_ERROR(CheckEqualShape(positions, "pixel_positions", colors));
    TF_RETURN_IF_ERROR(CheckEqualShape(diffuse, "diffuse_colors", colors));
    TF_RETURN_IF_ERROR(CheckLights(lights, intensities, Batch()));
    TF_RETURN_IF_ERROR(CheckEqualShape(ambient, "ambient_color", {Batch(), 3}));
    if (!has_specular) return absl::OkStatus();
    TF_RETURN_IF_ERROR(CheckEqualShape(camera, "camera_position", {Batch(), 3}));
    TF_RETURN_IF_ERROR(CheckEqualShape(specular, "specular_colors", colors));
    return CheckEqualShape(shininess, "shininess_coefficients", alphas.shape());
  }

  int64_t Batch() const { return alphas.dim_size(0); }
  int64_t LightCount() const { return lights.dim_size(1); }
  TensorShape ImageShape() const {
    TensorShape shape = alphas.shape();
    shape.AddDim(4);
    return shape;
  }
  ImageSize Size() const {
    return {static_cast<int32_t>(alphas.dim_size(2)), static_cast<int32_t>(alphas.dim_size(1))};
  }

  Lighting LightingOf(int64_t image) const {
    const int64_t values = 3 * LightCount() * image;
    return {LightCount(), Floats(lights) + values, Floats(intensities) + values,
            Floats(ambient) + 3 * image, has_specular ? Floats(camera) + 3 * image : nullptr};
  }
  SurfaceAttributes SurfaceOf(int64_t image) const {
    const int64_t first = image * Size().PixelCount();
    return {Floats(normals) + 3 * first, Floats(positions) + 3 * first, Floats(diffuse) + 3 * first,
            has_specular ? Floats(specular) + 3 * first : nullptr,
            has_specular ? Floats(shininess) + first : nullptr};
  }
  const float* Alphas(int64_t image) const { return Floats(alphas) + image * Size().PixelCount(); }

  static const float* Floats(const Tensor& tensor) { return tensor.flat<float>().data(); }
};

// The gradients, in the inputs' order.
struct Outputs {
  Tensor* d[10];

  absl::Status Allocate(OpKernelContext* context) {
    for (int i = 0; i < 10; ++i) {
      TF_RETURN_IF_ERROR(context->allocate_output(i, context->input(i).shape(), &d[i]));
    }
    return absl::OkStatus();
  }
  // An output's part for one image; null where the output is empty.
  float* Of(int output, int64_t image) const {
    Tensor& tensor = *d[output];
    if (tensor.NumElements() == 0) return nullptr;
    return tensor.flat<float>().data() + image * (tensor.NumElements() / tensor.dim_size(0));
  }
  SurfaceGradient SurfaceOf(int64_t image) const {
    return {Of(0, image), Of(2, image), Of(5, image), Of(8, image), Of(9, image)};
  }
  void SetLighting(int64_t image, int64_t lights, const float* sums) const {
    const int64_t sizes[] = {3 * lights, 3 * lights, 3, 3};
    const int outputs[] = {3, 4, 6, 7};
    for (int i = 0; i < 4; ++i, sums += sizes[i - 1]) {
      if (float* out = Of(outputs[i], image)) std::copy(sums, sums + sizes[i], out);
    }
  }
  // Zeroes what the pixels of a list will fill in part; alpha passes through.
  void ClearBand(const Band& band, ImageSize size, const float* d_rgba) const {
    const int64_t first = static_cast<int64_t>(band.begin) * size.width;
    const int64_t last = static_cast<int64_t>(band.end) * size.width;
    const int widths[][2] = {{0, 3}, {2, 3}, {5, 3}, {8, 3}, {9, 1}};
    for (const auto& [output, width] : widths) {
      float* out = Of(output, band.image);
      if (out != nullptr) std::fill(out + width * first, out + width * last, 0.0f);
    }
    float* d_alpha = Of(1, band.image) + first;
    for (int32_t row = band.begin; row < band.end; ++row) {
      const float* d_pixel = d_rgba + 4 * static_cast<int64_t>(size.height - 1 - row) * size.width;
      for (int32_t i = 0; i < size.width; ++i) *d_alpha++ = d_pixel[4 * i + 3];
    }
  }
};

// Lists the pixels of a band that are shaded.
std::vector<CoveredPixel> OpaquePixels(const float* alphas, const Band& band, ImageSize size) {
  std::vector<CoveredPixel> pixels;
  pixels.reserve(static_cast<size_t>(band.end - band.begin) * size.width);
  for (int32_t row = band.begin; row < band.end; ++row) {
    const float* alpha = alphas + static_cast<int64_t>(row) * size.width;
    for (int32_t column = 0; column < size.width; ++column) {
      if (!(alpha[column] > 0.5f)) continue;
      pixels.push_back({static_cast<int16_t>(column), static_cast<int16_t>(row), 0});
    }
  }
  return pixels;
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

class PhongOp : public OpKernel {
 public:
  explicit PhongOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("specular", &has_specular_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    const TensorShape shape = inputs.ImageShape();
    Tensor* image_tensor;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &image_tensor));
    float* out = image_tensor->flat<float>().data();
    const ImageSize size = inputs.Size();
    const Bands bands{inputs.Batch(), size};
    ParallelFor(context, bands.Count(), [&](int64_t unit) {
      const Band band = bands.At(unit);
      float* rgba = out + 4 * band.image * size.PixelCount();
      ClearBand(inputs.Alphas(band.image), band, size, rgba);
      const auto pixels = OpaquePixels(inputs.Alphas(band.image), band, size);
      const PixelList list{pixels.data(), static_cast<int64_t>(pixels.size()), size};
      BestKernels().shade_image(inputs.LightingOf(band.image), inputs.SurfaceOf(band.image), list,
                                rgba);
    });
  }

 private:
  bool has_specular_;
};

class PhongGradOp : public OpKernel {
 public:
  explicit PhongGradOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("specular", &has_specular_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_image = context->input(10);
    const TensorShape shape = inputs.ImageShape();
    OP_REQUIRES_OK(context, CheckEqualShape(d_image, "d_image", shape));
    Outputs out;
    OP_REQUIRES_OK(context, out.Allocate(context));

    const ImageSize size = inputs.Size();
    const Bands bands{inputs.Batch(), size};
    const int64_t sum_count = LightingSumCount(inputs.LightCount());
    std::vector<float> sums(bands.Count() * sum_count);
    ParallelFor(context, bands.Count(), [&](int64_t unit) {
      const Band band = bands.At(unit);
      const float* d_rgba = Inputs::Floats(d_image) + 4 * band.image * size.PixelCount();
      out.ClearBand(band, size, d_rgba);
      const auto pixels = OpaquePixels(inputs.Alphas(band.image), band, size);
      const PixelList list{pixels.data(), static_cast<int64_t>(pixels.size()), size};
      std::vector<float> lanes(sum_count * kMaxLanes, 0.0f);
      BestKernels().shade_image_gradient(inputs.LightingOf(band.image),
                                         inputs.SurfaceOf(band.image), list, d_rgba,
                                         out.SurfaceOf(band.image), lanes.data());
      AddLanes(lanes.data(), sum_count, sums.data() + unit * sum_count);
    });
    for (int64_t image = 0; image < inputs.Batch(); ++image) {
      const float* first = sums.data() + image * bands.PerImage() * sum_count;
      const auto total = AddUnits(first, bands.PerImage(), sum_count);
      out.SetLighting(image, inputs.LightCount(), total.data());
    }
  }

 private:
  bool has_specular_;
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>Phong").Device(tensorflow::DEVICE_CPU), PhongOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongGrad").Device(tensorflow::DEVICE_CPU), PhongGradOp);

}  // namespace
}  // namespace mesh_renderer
