// What the ops share: validation that names the input and its value, and division of the work.

#ifndef MESH_RENDERER_KERNELS_OP_INPUTS_H_
#define MESH_RENDERER_KERNELS_OP_INPUTS_H_

#include <algorithm>
#include <functional>
#include <vector>

#include "clip_triangle.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/tensor.h"

namespace mesh_renderer {

// Checks the rank and the last dimension; `expected` is the shape as documented.
absl::Status CheckShape(const tensorflow::Tensor& tensor, const char* name, int rank,
                        int64_t last_dimension, const char* expected);

// Checks that dimensions `first_axis` of a and `second_axis` of b agree.
absl::Status CheckSameDimension(const tensorflow::Tensor& a, const char* a_name, int a_axis,
                                const tensorflow::Tensor& b, const char* b_name, int b_axis);

// The sizes of a tensor's dimensions. Unlike tensorflow::TensorShape, which ends the process where
// their product leaves 64 bits, it can hold sizes that have not been checked.
using Sizes = std::vector<int64_t>;

Sizes SizesOf(const tensorflow::Tensor& tensor);

// Checks a tensor's shape.
absl::Status CheckSizes(const tensorflow::Tensor& tensor, const char* name, const Sizes& expected);

// Checks that columns and rows fit 16 bits, and the image's values 32 bits.
absl::Status CheckImageSize(int64_t width, int64_t height);

// Checks positions and intensities [batch, lights, 3].
absl::Status CheckLights(const tensorflow::Tensor& positions, const tensorflow::Tensor& intensities,
                         int64_t batch);

// Checks a list [triangles, 3] of vertex indices, its shape included, and that positions in arrays
// of vertices and triangles fit 32 bits.
absl::Status CheckTriangles(const tensorflow::Tensor& triangles, int64_t vertex_count);

// Checks barycentrics [batch, height, width, 3] and ids [batch, height, width] against each other
// and the triangles. Ids are 0 where there is none, so a mesh may have no triangle at all if no
// pixel is covered.
absl::Status CheckPixels(const tensorflow::Tensor& barycentrics, const tensorflow::Tensor& ids,
                         int64_t triangle_count);

// Checks ids [batch, height, width] of visible triangles: kNoTriangle where there is none.
absl::Status CheckVisible(const tensorflow::Tensor& ids, int64_t triangle_count);

// One image's mesh, of clip-space vertices [batch, vertices, 4].
MeshView MeshOfImage(const tensorflow::Tensor& vertices, const tensorflow::Tensor& triangles,
                     int64_t image);

int ThreadCount(tensorflow::OpKernelContext* context);

// Allocates an output; an error where its size leaves 64 bits or there is no memory for it.
absl::Status AllocateOutput(tensorflow::OpKernelContext* context, int index, const Sizes& sizes,
                            tensorflow::Tensor** output);

// Writes zeros to all outputs, which are arrays of floats.
void SetOutputsToZero(tensorflow::OpKernelContext* context);

// Runs work(0) ... work(count - 1) on TensorFlow's CPU threads, which include the caller's. Does
// nothing if all outputs are empty: there may be any number of images without a pixel.
void ParallelFor(tensorflow::OpKernelContext* context, int64_t count,
                 const std::function<void(int64_t)>& work);

inline const float* FloatsOf(const tensorflow::Tensor& tensor) {
  return tensor.flat<float>().data();
}

// A [batch, ...] tensor's part for one image.
inline const float* FloatsOf(const tensorflow::Tensor& tensor, int64_t image) {
  return FloatsOf(tensor) + image * (tensor.NumElements() / tensor.dim_size(0));
}
inline float* FloatsOf(tensorflow::Tensor* tensor, int64_t image) {
  return tensor->flat<float>().data() + image * (tensor->NumElements() / tensor->dim_size(0));
}

// The same, with zeros written to it.
inline float* ZerosOf(tensorflow::Tensor* tensor, int64_t image) {
  const int64_t count = tensor->NumElements() / tensor->dim_size(0);
  float* values = FloatsOf(tensor, image);
  std::fill(values, values + count, 0.0f);
  return values;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_OP_INPUTS_H_
