// TensorFlow ops that shade visible triangles from attributes of their vertices.

#include <algorithm>
#include <vector>

#include "kernels.h"
#include "lighting_sums.h"
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

// Without specular light its colors, the shininess and the camera are not read; they may be of any
// shape.
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
  const Tensor &normals, &positions, &diffuse, &specular, &shininess;
  const Tensor &lights, &intensities, &ambient, &camera;
  const bool has_specular;

  Inputs(OpKernelContext* c, bool specular_light)
      : VisibleMesh(c),
        normals(c->input(3)),
        positions(c->input(4)),
        diffuse(c->input(5)),
        specular(c->input(6)),
        shininess(c->input(7)),
        lights(c->input(8)),
        intensities(c->input(9)),
        ambient(c->input(10)),
        camera(c->input(11)),
        has_specular(specular_light) {}

  absl::Status Check() const {
    TF_RETURN_IF_ERROR(VisibleMesh::Check());
    const tensorflow::TensorShape vectors({Batch(), VertexCount(), 3});
    TF_RETURN_IF_ERROR(CheckEqualShape(normals, "normals", vectors));
    TF_RETURN_IF_ERROR(CheckEqualShape(positions, "vertices", vectors));
    TF_RETURN_IF_ERROR(CheckEqualShape(diffuse, "diffuse_colors", vectors));
    TF_RETURN_IF_ERROR(CheckLights(lights, intensities, Batch()));
    TF_RETURN_IF_ERROR(CheckEqualShape(ambient, "ambient_color", {Batch(), 3}));
    if (!has_specular) return absl::OkStatus();
    TF_RETURN_IF_ERROR(CheckEqualShape(camera, "camera_position", {Batch(), 3}));
    TF_RETURN_IF_ERROR(CheckEqualShape(specular, "specular_colors", vectors));
    return CheckEqualShape(shininess, "shininess_coefficients", {Batch(), VertexCount()});
  }
  int64_t LightCount() const { return lights.dim_size(1); }
  Lighting LightingOf(int64_t image) const {
    return {LightCount(), FloatsOf(lights, image), FloatsOf(intensities, image),
            FloatsOf(ambient, image), has_specular ? FloatsOf(camera, image) : nullptr};
  }
  SurfaceAttributes SurfaceOf(int64_t image) const {
    return {FloatsOf(normals, image), FloatsOf(positions, image), FloatsOf(diffuse, image),
            has_specular ? FloatsOf(specular, image) : nullptr,
            has_specular ? FloatsOf(shininess, image) : nullptr};
  }
};

class PhongMeshOp : public OpKernel {
 public:
  explicit PhongMeshOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("specular", &has_specular_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    Tensor* image;
    OP_REQUIRES_OK(context, context->allocate_output(0, inputs.ImageShape(4), &image));
    ParallelFor(context, inputs.Rows().Count(), [&](int64_t unit) {
      const Band band = inputs.Rows().At(unit);
      float* rgba = FloatsOf(image, band.image);
      const auto pixels = inputs.Pixels(band);
      ClearBand(inputs.Size(), band, pixels, rgba);
      const PixelList list{pixels.data(), static_cast<int64_t>(pixels.size()), inputs.Size()};
      BestKernels().shade_mesh(inputs.Mesh(band.image), inputs.SurfaceOf(band.image),
                               inputs.LightingOf(band.image), list, rgba);
    });
  }

 private:
  // Black, with an alpha of 1 where there is a triangle; row 0 is the top.
  static void ClearBand(ImageSize size, const Band& band, const std::vector<CoveredPixel>& pixels,
                        float* rgba) {
    const int64_t values = 4 * static_cast<int64_t>(size.width);
    std::fill(rgba + values * (size.height - band.end), rgba + values * (size.height - band.begin),
              0.0f);
    for (const CoveredPixel& pixel : pixels) {
      rgba[values * (size.height - 1 - pixel.row) + 4 * pixel.column + 3] = 1.0f;
    }
  }

  bool has_specular_;
};

class PhongMeshGradOp : public OpKernel {
 public:
  explicit PhongMeshGradOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("specular", &has_specular_));
  }

  void Compute(OpKernelContext* context) override {
    const Inputs inputs(context, has_specular_);
    OP_REQUIRES_OK(context, inputs.Check());
    const Tensor& d_image = context->input(12);
    OP_REQUIRES_OK(context, CheckEqualShape(d_image, "d_image", inputs.ImageShape(4)));
    // The gradients, in the inputs' order without triangles and their ids.
    Tensor* d[10];
    for (int i = 0; i < 10; ++i) {
      const Tensor& input = context->input(i == 0 ? 0 : i + 2);
      OP_REQUIRES_OK(context, context->allocate_output(i, input.shape(), &d[i]));
    }
    ParallelFor(context, inputs.Batch(), [&](int64_t image) {
      const SurfaceGradient surface{ZerosOf(d[1], image), ZerosOf(d[2], image),
                                    ZerosOf(d[3], image),
                                    has_specular_ ? ZerosOf(d[4], image) : nullptr,
                                    has_specular_ ? ZerosOf(d[5], image) : nullptr};
      const auto pixels = inputs.Pixels({image, 0, inputs.Size().height});
      const PixelList list{pixels.data(), static_cast<int64_t>(pixels.size()), inputs.Size()};
      const int64_t sum_count = LightingSumCount(inputs.LightCount());
      std::vector<float> lanes(sum_count * kMaxLanes, 0.0f), sums(sum_count, 0.0f);
      BestKernels().shade_mesh_gradient(inputs.Mesh(image), inputs.SurfaceOf(image),
                                        inputs.LightingOf(image), list, FloatsOf(d_image, image),
                                        ZerosOf(d[0], image), surface, lanes.data());
      AddLanes(lanes.data(), sum_count, sums.data());
      const float* from = sums.data();
      for (int i = 6; i < (has_specular_ ? 10 : 9); ++i) {
        const int64_t count = d[i]->NumElements() / d[i]->dim_size(0);
        std::copy(from, from + count, FloatsOf(d[i], image));
        from += count;
      }
    });
  }

 private:
  bool has_specular_;
};

REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongMesh").Device(tensorflow::DEVICE_CPU), PhongMeshOp);
REGISTER_KERNEL_BUILDER(Name("MeshRenderer>PhongMeshGrad").Device(tensorflow::DEVICE_CPU),
                        PhongMeshGradOp);

}  // namespace
}  // namespace mesh_renderer
