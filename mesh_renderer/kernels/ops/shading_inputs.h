// What the ops that shade share: what they are given of surface and lights, and its gradients.

#ifndef MESH_RENDERER_KERNELS_SHADING_INPUTS_H_
#define MESH_RENDERER_KERNELS_SHADING_INPUTS_H_

#include <algorithm>

#include "op_inputs.h"
#include "phong.h"

namespace mesh_renderer {

// Nine inputs in a row: normals, positions, diffuse colors, specular colors and shininess of each
// pixel or vertex; positions and intensities of lights, ambient color, position of the camera.
// Without specular light its colors, the shininess and the camera are empty.
struct ShadingInputs {
  const tensorflow::Tensor &normals, &positions, &diffuse, &specular, &shininess;
  const tensorflow::Tensor &lights, &intensities, &ambient, &camera;
  const bool has_specular;

  ShadingInputs(tensorflow::OpKernelContext* c, int first, bool specular_light)
      : normals(c->input(first)),
        positions(c->input(first + 1)),
        diffuse(c->input(first + 2)),
        specular(c->input(first + 3)),
        shininess(c->input(first + 4)),
        lights(c->input(first + 5)),
        intensities(c->input(first + 6)),
        ambient(c->input(first + 7)),
        camera(c->input(first + 8)),
        has_specular(specular_light) {}

  // `surface` is the shape of what there is one of for each point of the surface: [batch, ...].
  absl::Status Check(const Sizes& surface, const char* positions_name) const {
    Sizes vectors = surface;
    vectors.push_back(3);
    const int64_t batch = surface[0];
    TF_RETURN_IF_ERROR(CheckSizes(normals, "normals", vectors));
    TF_RETURN_IF_ERROR(CheckSizes(positions, positions_name, vectors));
    TF_RETURN_IF_ERROR(CheckSizes(diffuse, "diffuse_colors", vectors));
    TF_RETURN_IF_ERROR(CheckLights(lights, intensities, batch));
    TF_RETURN_IF_ERROR(CheckSizes(ambient, "ambient_color", {batch, 3}));
    const auto expected = [&](const Sizes& sizes) { return has_specular ? sizes : Sizes{0}; };
    TF_RETURN_IF_ERROR(CheckSizes(camera, "camera_position", expected({batch, 3})));
    TF_RETURN_IF_ERROR(CheckSizes(specular, "specular_colors", expected(vectors)));
    return CheckSizes(shininess, "shininess_coefficients", expected(surface));
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

// Their gradients, in their order.
class ShadingGradients {
 public:
  // Output `first` is the gradient of input `first_input`, and so on.
  absl::Status Allocate(tensorflow::OpKernelContext* context, int first, int first_input) {
    for (int i = 0; i < 9; ++i) {
      TF_RETURN_IF_ERROR(context->allocate_output(
          first + i, context->input(first_input + i).shape(), &outputs_[i]));
    }
    return absl::OkStatus();
  }
  SurfaceGradient SurfaceOf(int64_t image) const {
    return {Part(0, image), Part(1, image), Part(2, image), Part(3, image), Part(4, image)};
  }
  // Zeroes the gradients of points [begin, end) of an image's surface.
  void ClearSurface(int64_t image, int64_t begin, int64_t end) const {
    for (int i = 0; i < 5; ++i) {
      const int64_t width = i < 4 ? 3 : 1;
      if (float* d = Part(i, image)) std::fill(d + width * begin, d + width * end, 0.0f);
    }
  }
  // Writes those of lights and camera from their sums, see LightingSumCount.
  void SetLighting(int64_t image, const float* sums) const {
    for (int i = 5; i < 9; ++i) {
      float* d = Part(i, image);
      if (d == nullptr) continue;
      const int64_t count = outputs_[i]->NumElements() / outputs_[i]->dim_size(0);
      std::copy(sums, sums + count, d);
      sums += count;
    }
  }

 private:
  // An image's part of an output; null where the output is empty.
  float* Part(int i, int64_t image) const {
    return outputs_[i]->NumElements() == 0 ? nullptr : FloatsOf(outputs_[i], image);
  }

  tensorflow::Tensor* outputs_[9];
};

// An op with an attribute that tells whether there is specular light.
class ShadingOp : public tensorflow::OpKernel {
 public:
  explicit ShadingOp(tensorflow::OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("specular", &has_specular_));
  }

 protected:
  bool has_specular_;
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SHADING_INPUTS_H_
