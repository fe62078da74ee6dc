// The original renderer's algorithm, written anew and plainly, which `benchmarks.renderer` compares
// with. It draws one image a call on one thread, one triangle after the other over its bounding
// box, with edge functions from the unnormalized inverse. The gradient inverts the matrix of
// corners again at each pixel.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

REGISTER_OP("Original>Rasterize")
    .Input("vertices: float")
    .Input("triangles: int32")
    .Attr("width: int")
    .Attr("height: int")
    .Output("barycentrics: float")
    .Output("triangle_ids: int32")
    .Output("z_buffer: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

REGISTER_OP("Original>RasterizeGrad")
    .Input("vertices: float")
    .Input("triangles: int32")
    .Input("barycentrics: float")
    .Input("triangle_ids: int32")
    .Input("d_barycentrics: float")
    .Output("d_vertices: float")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// Computes the rows of the inverse of the matrix with columns (x, y, w), times its determinant.
// Returns the determinant.
float UnnormalizedInverse(const float* const v[3], float inverse[3][3]) {
  for (int i = 0; i < 3; ++i) {
    const float *a = v[(i + 1) % 3], *b = v[(i + 2) % 3];
    inverse[i][0] = a[1] * b[3] - b[1] * a[3];
    inverse[i][1] = b[0] * a[3] - a[0] * b[3];
    inverse[i][2] = a[0] * b[1] - b[0] * a[1];
  }
  return v[0][0] * inverse[0][0] + v[1][0] * inverse[1][0] + v[2][0] * inverse[2][0];
}

float PixelCenter(int pixel, int size) {
  return static_cast<float>((pixel + 0.5) / (0.5f * size) - 1.0);
}

// Finds the pixels between the smallest and the largest coordinate; all of them if a corner is
// behind the eye.
void Range(const float* const v[3], int axis, int size, int* begin, int* end) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (int i = 0; i < 3; ++i) {
    const float at = (v[i][axis] / v[i][3] + 1.0f) * 0.5f * size;
    low = v[i][3] > 0.0f ? std::min(low, at) : 0.0f;
    high = v[i][3] > 0.0f ? std::max(high, at) : size;
  }
  *begin = static_cast<int>(std::min(std::max(std::floor(low), 0.0f), 1.0f * size));
  *end = static_cast<int>(std::min(std::max(std::ceil(high), 0.0f), 1.0f * size));
}

void Rasterize(const float* vertices, const int32_t* triangles, int64_t count, int width,
               int height, float* barycentrics, int32_t* ids, float* z_buffer) {
  for (int64_t id = 0; id < count; ++id) {
    const float* v[3];
    for (int i = 0; i < 3; ++i) v[i] = vertices + 4 * triangles[3 * id + i];
    if (v[0][3] < 0.0f && v[1][3] < 0.0f && v[2][3] < 0.0f) continue;
    float m[3][3];
    const float determinant = UnnormalizedInverse(v, m);
    if (determinant < 0.0f) {
      for (auto& row : m) {
        for (float& value : row) value = -value;
      }
    }
    int left, right, bottom, top;
    Range(v, 0, width, &left, &right);
    Range(v, 1, height, &bottom, &top);
    for (int iy = bottom; iy < top; ++iy) {
      for (int ix = left; ix < right; ++ix) {
        const float px = PixelCenter(ix, width), py = PixelCenter(iy, height);
        float e[3];
        for (int i = 0; i < 3; ++i) e[i] = m[i][0] * px + m[i][1] * py + m[i][2];
        if (e[0] < 0.0f || e[1] < 0.0f || e[2] < 0.0f) continue;
        const float sum = e[0] + e[1] + e[2];
        const float b[3] = {e[0] / sum, e[1] / sum, e[2] / sum};
        const float z = b[0] * v[0][2] + b[1] * v[1][2] + b[2] * v[2][2];
        const float w = b[0] * v[0][3] + b[1] * v[1][3] + b[2] * v[2][3];
        const int64_t pixel = static_cast<int64_t>(iy) * width + ix;
        if (z / w < -1.0f || z / w > 1.0f || z / w > z_buffer[pixel]) continue;
        z_buffer[pixel] = z / w;
        ids[pixel] = static_cast<int32_t>(id);
        for (int i = 0; i < 3; ++i) barycentrics[3 * pixel + i] = b[i];
      }
    }
  }
}

// Adds one pixel's gradient: b = M^-1 p / sum(M^-1 p) gives
// d b_i / d M_jk = b_j (b_i sum_l M^-1_lk - M^-1_ik).
void AddGradient(const float* vertices, const int32_t* corner, const float* b, const float* d_b,
                 float* d_vertices) {
  const float* v[3];
  for (int i = 0; i < 3; ++i) v[i] = vertices + 4 * corner[i];
  float m[3][3];
  const float per_determinant = 1.0f / UnnormalizedInverse(v, m);
  constexpr int kAxes[3] = {0, 1, 3};
  for (int k = 0; k < 3; ++k) {
    const float column_sum = m[0][k] + m[1][k] + m[2][k];
    for (int j = 0; j < 3; ++j) {
      float d = 0.0f;
      for (int i = 0; i < 3; ++i) d += d_b[i] * b[j] * (b[i] * column_sum - m[i][k]);
      d_vertices[4 * corner[j] + kAxes[k]] += d * per_determinant;
    }
  }
}

class OriginalRasterizeOp : public OpKernel {
 public:
  explicit OriginalRasterizeOp(OpKernelConstruction* context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("width", &width_));
    OP_REQUIRES_OK(context, context->GetAttr("height", &height_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor &vertices = context->input(0), &triangles = context->input(1);
    Tensor *barycentrics, *ids, *z_buffer;
    OP_REQUIRES_OK(context,
                   context->allocate_output(0, TensorShape({height_, width_, 3}), &barycentrics));
    OP_REQUIRES_OK(context, context->allocate_output(1, TensorShape({height_, width_}), &ids));
    OP_REQUIRES_OK(context, context->allocate_output(2, TensorShape({height_, width_}), &z_buffer));
    barycentrics->flat<float>().setZero();
    ids->flat<int32_t>().setZero();
    z_buffer->flat<float>().setConstant(1.0f);
    Rasterize(vertices.flat<float>().data(), triangles.flat<int32_t>().data(),
              triangles.dim_size(0), width_, height_, barycentrics->flat<float>().data(),
              ids->flat<int32_t>().data(), z_buffer->flat<float>().data());
  }

 private:
  int width_, height_;
};

class OriginalRasterizeGradOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor &vertices = context->input(0), &triangles = context->input(1);
    Tensor* d_vertices;
    OP_REQUIRES_OK(context, context->allocate_output(0, vertices.shape(), &d_vertices));
    d_vertices->flat<float>().setZero();
    const float* b = context->input(2).flat<float>().data();
    const int32_t* ids = context->input(3).flat<int32_t>().data();
    const float* d_b = context->input(4).flat<float>().data();
    for (int64_t i = 0; i < context->input(3).NumElements(); ++i) {
      if (b[3 * i] + b[3 * i + 1] + b[3 * i + 2] < 0.9f) continue;
      AddGradient(vertices.flat<float>().data(), triangles.flat<int32_t>().data() + 3 * ids[i],
                  b + 3 * i, d_b + 3 * i, d_vertices->flat<float>().data());
    }
  }
};

REGISTER_KERNEL_BUILDER(Name("Original>Rasterize").Device(tensorflow::DEVICE_CPU),
                        OriginalRasterizeOp);
REGISTER_KERNEL_BUILDER(Name("Original>RasterizeGrad").Device(tensorflow::DEVICE_CPU),
                        OriginalRasterizeGradOp);

}  // namespace

// Does nothing but arithmetic in registers, which shows what more threads can gain on a machine.
extern "C" double ComputeLoop(int64_t count) {
  double a = 1.0, b = 1.1, c = 1.2, d = 1.3;
  for (int64_t i = 0; i < count; ++i) {
    a = a * 0.999 + 0.1, b = b * 0.998 + 0.2, c = c * 0.997 + 0.3, d = d * 0.996 + 0.4;
  }
  return a + b + c + d;
}
