// TensorFlow ops that shade visible triangles from attributes of their vertices.

#include <algorithm>
#include <vector>

#include "kernels.h"
#include "lighting_sums.h"
#include "shading_inputs.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "visible_mesh.h"

namespace mesh_renderer {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

absl::Status PhongMeshShape(InferenceContext* c) {
  ShapeHandle image, out;
  TF_RETURN_IF_ERROR(c->WithRank(c->input(2), 3, &image));
  TF_RETURN_IF_ERROR(c->Concatenate(image, c->Vector(4), &out));
  c->set_output(0, out);
  return absl::OkStatus();
}

absl::Status PhongMeshGradShape(InferenceContext* c) {
  c->set_output(0, c->input(0));
  for (int i = 3; i < 12; ++i) c->set_output(i - 2, c->input(i));
  return absl::OkStatus();
}

// From "normals" on: see ShadingInputs.
REGISTER_OP("MeshRenderer>PhongMesh")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("normals: float")
    .Input("positions: float")
    .Input("diffuse_colors: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Attr("specular: bool")
    .Output("image: float")
    .SetShapeFn(PhongMeshShape);

REGISTER_OP("MeshRenderer>PhongMeshGrad")
    .Input("clip_space_vertices: float")
    .Input("triangles: int32")
    .Input("triangle_ids: int32")
    .Input("normals: float")
    .Input("positions: float")
    .Input("diffuse_colors: float")
    .Input("specular_colors: float")
    .Input("shininess_coefficients: float")
    .Input("light_positions: float")
    .Input("light_intensities: float")
    .Input("ambient_color: float")
    .Input("camera_position: float")
    .Input("d_image: float")
    .Attr("specular: bool")
    .Output("d_clip_space_vertices: float")
    .Output("d_normals: float")
    .Output("d_positions: float")
    .Output("d_diffuse_colors: float")
    .Output("d_specular_colors: float")
    .Output("d_shininess_coefficients: float")
    .Output("d_light_positions: float")
    .Output("d_light_intensities: float")
    .Output("d_ambient_color: float")
    .Output("d_camera_position: float")
    .SetShapeFn(PhongMeshGradShape);

struct Inputs : VisibleMesh {
  const ShadingInputs shading;

  Inputs(OpKernelContext* context, bool has_specular)
      : VisibleMesh(context), shading(context, 3, has_specular) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(VisibleMesh::Check());
    return shading.Check({Batch(), VertexCount()}, "vertices");
  }
};

class PhongMeshOp : public ShadingOp {
 public:
  using ShadingOp::ShadingOp;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    Tensor* image;
    OP_REQUIRES_OK(context, AllocateOutput(context, 0, inputs.ImageSizes(4), &image));
    ParallelFor(context, inputs.Rows().Count(), [&](int64_t unit) {
      const Band band = inputs.Rows().At(unit);
      float* rgba = FloatsOf(image, band.image);
      const PixelList pixels = inputs.Pixels(band);
      ClearBand(inputs.Size(), band, pixels, rgba);
      BestKernels().shade_mesh(inputs.Mesh(band.image), inputs.shading.SurfaceOf(band.image),
                               inputs.shading.LightingOf(band.image), pixels, rgba);
    });
  }

 private:
  // Black, with an alpha of 1 where there is a triangle; row 0 is the top.
  static void ClearBand(ImageSize size, const Band& band, const PixelList& pixels, float* rgba) {
    const int64_t values = 4 * static_cast<int64_t>(size.width);
    std::fill(rgba + values * (size.height - band.end), rgba + values * (size.height - band.begin),
              0.0f);
    for (int64_t i = 0; i < pixels.count; ++i) {
      const CoveredPixel& pixel = pixels.pixels[i];
      rgba[values * (size.height - 1 - pixel.row) + 4 * pixel.column + 3] = 1.0f;
    }
  }
};

class PhongMeshGradOp : public ShadingOp {
 public:
  using ShadingOp::ShadingOp;

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_image = context->input(12);
    OP_REQUIRES_OK(context, CheckSizes(d_image, "d_image", inputs.ImageSizes(4)));
    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.vertices.shape(), &d_vertices));
    ShadingGradients d;
    OP_REQUIRES_OK(context, d.Allocate(context, 1, 3));
    if (inputs.HasNoPixel()) return SetOutputsToZero(context);
    ParallelFor(context, inputs.Batch(), [&](int64_t image) {
      const int64_t sum_count = LightingSumCount(inputs.shading.LightCount());
      std::vector<float> lanes(sum_count * kMaxLanes, 0.0f), sums(sum_count, 0.0f);
      BestKernels().shade_mesh_gradient(
          inputs.Mesh(image), inputs.shading.SurfaceOf(image), inputs.shading.LightingOf(image),
          inputs.PixelsOfImage(image), FloatsOf(d_image, image), FloatsOf(d_vertices, image),
          d.SurfaceOf(image),
          {ThreadZeros<VertexSums>(inputs.VertexCount()), ThreadZeros<bool>(inputs.VertexCount())},
          lanes.data());
      AddLanes(lanes.data(), sum_count, sums.data());
      d.SetLighting(image, sums.data());
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongMesh").Device(tensorflow::DEVICE_CPU), PhongMeshOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongMeshGrad").Device(tensorflow::DEVICE_CPU),
                        PhongMeshGradOp);

}  // namespace
}  // namespace mesh_renderer
