#include "op_inputs.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "kernels.h"
#include "rasterizer.h"
#include "tensorflow/core/framework/device_base.h"
#include "tensorflow/core/platform/errors.h"
#include "tensorflow/core/util/work_sharder.h"

namespace mesh_renderer {
namespace {

using tensorflow::Tensor;
using tensorflow::errors::InvalidArgument;

// Large enough for TensorFlow to hand out every unit of work on its own.
constexpr int64_t kCostPerUnit = 1 << 20;

// Positions in arrays of up to four values a pixel, a vertex or a triangle are kept in 32 bits.
constexpr int64_t kMostPixels = 1 << 27;
constexpr int64_t kMostVertices = 1 << 29, kMostTriangles = 1 << 29;

// The position of the first value outside [low, limit), or count.
int64_t FirstOutside(const Tensor& tensor, int32_t low, int64_t limit) {
  const int32_t* values = tensor.flat<int32_t>().data();
  const int64_t count = tensor.NumElements();
  const auto last = static_cast<int32_t>(std::min<int64_t>(limit, INT32_MAX) - 1);
  if (BestKernels().are_in_range(values, count, low, last)) return count;
  const auto is_outside = [low, last](int32_t value) { return value < low || value > last; };
  return std::find_if(values, values + count, is_outside) - values;
}

absl::Status CheckNoPixelCovered(const Tensor& barycentrics) {
  const float* b = barycentrics.flat<float>().data();
  for (int64_t i = 0; i < barycentrics.NumElements(); i += 3) {
    if (IsCovered(b + i)) {
      return InvalidArgument("barycentrics are not 0 at pixel ", i / 3,
                             " of a mesh without triangles");
    }
  }
  return absl::OkStatus();
}

// Checks ids against [low, limit) of a mesh's triangles.
absl::Status CheckTriangleIds(const Tensor& ids, int32_t low, int64_t limit,
                              int64_t triangle_count) {
  const int64_t first = FirstOutside(ids, low, limit);
  if (first == ids.NumElements()) return absl::OkStatus();
  return InvalidArgument("triangle_ids holds ", ids.flat<int32_t>()(first),
                         ", which is not an index of ", triangle_count, " triangles");
}

absl::Status CheckMeshSize(int64_t vertex_count, int64_t triangle_count) {
  if (vertex_count <= kMostVertices && triangle_count <= kMostTriangles) return absl::OkStatus();
  return InvalidArgument("a mesh of ", vertex_count, " vertices and ", triangle_count,
                         " triangles is too large: at most ", kMostVertices, " vertices and ",
                         kMostTriangles, " triangles");
}

bool AreOutputsEmpty(tensorflow::OpKernelContext* context) {
  for (int i = 0; i < context->num_outputs(); ++i) {
    if (context->mutable_output(i)->NumElements() > 0) return false;
  }
  return true;
}

}  // namespace

absl::Status CheckShape(const Tensor& tensor, const char* name, int rank, int64_t last_dimension,
                        const char* expected) {
  const bool matches =
      tensor.dims() == rank && (last_dimension < 0 || tensor.dim_size(rank - 1) == last_dimension);
  if (matches) return absl::OkStatus();
  return InvalidArgument(name, " must have shape ", expected, ", got ",
                         tensor.shape().DebugString());
}

absl::Status CheckSameDimension(const Tensor& a, const char* a_name, int a_axis, const Tensor& b,
                                const char* b_name, int b_axis) {
  if (a.dim_size(a_axis) == b.dim_size(b_axis)) return absl::OkStatus();
  return InvalidArgument(a_name, " has shape ", a.shape().DebugString(), " and ", b_name,
                         " has shape ", b.shape().DebugString(), ": dimension ", a_axis,
                         " of the one must equal dimension ", b_axis, " of the other");
}

Sizes SizesOf(const Tensor& tensor) {
  const auto sizes = tensor.shape().dim_sizes();
  return Sizes(sizes.begin(), sizes.end());
}

absl::Status CheckSizes(const Tensor& tensor, const char* name, const Sizes& expected) {
  if (SizesOf(tensor) == expected) return absl::OkStatus();
  return InvalidArgument(name, " must have shape [", absl::StrJoin(expected, ","), "], got ",
                         tensor.shape().DebugString());
}

absl::Status CheckImageSize(int64_t width, int64_t height) {
  if (width <= kLargestSide && height <= kLargestSide && width * height <= kMostPixels) {
    return absl::OkStatus();
  }
  return InvalidArgument("an image of width ", width, " and height ", height,
                         " is too large: at most ", kLargestSide, " a side and ", kMostPixels,
                         " pixels");
}

absl::Status CheckLights(const Tensor& positions, const Tensor& intensities, int64_t batch) {
  TF_RETURN_IF_ERROR(CheckShape(positions, "light_positions", 3, 3, "[batch, lights, 3]"));
  TF_RETURN_IF_ERROR(CheckSizes(positions, "light_positions", {batch, positions.dim_size(1), 3}));
  return CheckSizes(intensities, "light_intensities", SizesOf(positions));
}

absl::Status CheckVisible(const Tensor& ids, int64_t triangle_count) {
  TF_RETURN_IF_ERROR(CheckShape(ids, "triangle_ids", 3, -1, "[batch, height, width]"));
  TF_RETURN_IF_ERROR(CheckImageSize(ids.dim_size(2), ids.dim_size(1)));
  return CheckTriangleIds(ids, kNoTriangle, triangle_count, triangle_count);
}

MeshView MeshOfImage(const Tensor& vertices, const Tensor& triangles, int64_t image) {
  const int64_t count = vertices.dim_size(1);
  const auto* data = reinterpret_cast<const ClipVertex*>(vertices.flat<float>().data());
  return {data + image * count, count, triangles.flat<int32_t>().data(), triangles.dim_size(0)};
}

absl::Status CheckTriangles(const Tensor& triangles, int64_t vertex_count) {
  TF_RETURN_IF_ERROR(CheckShape(triangles, "triangles", 2, 3, "[triangles, 3]"));
  TF_RETURN_IF_ERROR(CheckMeshSize(vertex_count, triangles.dim_size(0)));
  const int64_t first = FirstOutside(triangles, 0, vertex_count);
  if (first == triangles.NumElements()) return absl::OkStatus();
  return InvalidArgument("triangles[", first / 3, ", ", first % 3, "] is ",
                         triangles.flat<int32_t>()(first), ", which is not an index of ",
                         vertex_count, " vertices");
}

absl::Status CheckPixels(const Tensor& barycentrics, const Tensor& ids, int64_t triangle_count) {
  TF_RETURN_IF_ERROR(CheckShape(barycentrics, "barycentrics", 4, 3, "[batch, height, width, 3]"));
  TF_RETURN_IF_ERROR(CheckShape(ids, "triangle_ids", 3, -1, "[batch, height, width]"));
  for (int axis = 0; axis < 3; ++axis) {
    TF_RETURN_IF_ERROR(
        CheckSameDimension(barycentrics, "barycentrics", axis, ids, "triangle_ids", axis));
  }
  if (triangle_count == 0) TF_RETURN_IF_ERROR(CheckNoPixelCovered(barycentrics));
  return CheckTriangleIds(ids, 0, std::max<int64_t>(triangle_count, 1), triangle_count);
}

int ThreadCount(tensorflow::OpKernelContext* context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

absl::Status AllocateOutput(tensorflow::OpKernelContext* context, int index, const Sizes& sizes,
                            Tensor** output) {
  tensorflow::TensorShape shape;
  TF_RETURN_IF_ERROR(tensorflow::TensorShape::BuildTensorShape(sizes, &shape));
  return context->allocate_output(index, shape, output);
}

void SetOutputsToZero(tensorflow::OpKernelContext* context) {
  for (int i = 0; i < context->num_outputs(); ++i) {
    context->mutable_output(i)->flat<float>().setZero();
  }
}

void ParallelFor(tensorflow::OpKernelContext* context, int64_t count,
                 const std::function<void(int64_t)>& work) {
  if (AreOutputsEmpty(context)) return;
  const auto& threads = *context->device()->tensorflow_cpu_worker_threads();
  tensorflow::Shard(threads.num_threads, threads.workers, count, kCostPerUnit,
                    [&work](int64_t begin, int64_t end) {
                      for (int64_t i = begin; i < end; ++i) work(i);
                    });
}

}  // namespace mesh_renderer
