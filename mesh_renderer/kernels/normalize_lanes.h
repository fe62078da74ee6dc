// Lengths and directions of sums of normals: a lane for each vertex.

#ifndef MESH_RENDERER_KERNELS_NORMALIZE_LANES_H_
#define MESH_RENDERER_KERNELS_NORMALIZE_LANES_H_

#include "lane_math.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// A cross product of float32 edges carries an error of about 1e-7 of the products in it. If it is
// smaller than this fraction of them, its direction means nothing.
constexpr float kRoundingFraction = 1e-6f;
// No shorter sum has a direction, so that the reciprocal length and the gradient stay within
// float32.
constexpr float kSmallestLength = 1e-30f;

// Runs body(index of the first, number, indices) over blocks of at most kLanes.
template <typename Body>
inline void ForBlocks(int64_t count, Body body) {
  for (int64_t first = 0; first < count; first += kLanes) {
    const int64_t left = count - first;
    const int number = left < kLanes ? static_cast<int>(left) : kLanes;
    const Ints lane = LaneNumbers();
    body(first, number, lane < number ? lane : FillInts(number - 1));
  }
}

// From sums [count, 4] of normals and of the sizes of their terms, writes unit normals [count, 3]
// and reciprocal lengths [count]; zeros where a sum is nothing but rounding.
void Normalize(const float* sums, int64_t count, float* normals, float* per_length) {
  ForBlocks(count, [&](int64_t first, int number, Ints index) {
    Floats sum[4];
    const IntArray rows(index);
    GatherRows([&](int lane) { return sums + 4 * (first + rows.lane[lane]); }, sum);
    // Squares are taken relative to the largest component, so that none leaves float32.
    const Floats largest = Max(Max(Abs(sum[0]), Abs(sum[1])), Abs(sum[2]));
    const Floats scale = 1.0f / Max(largest, Fill(kSmallestLength));
    const Vec3 scaled = Vec3{sum[0], sum[1], sum[2]} * scale;
    const Floats length = Sqrt(Dot(scaled, scaled));
    const Ints defined = (largest > kSmallestLength) & (largest <= FLT_MAX) &
                         (largest * length > kRoundingFraction * sum[3]);
    const Floats reciprocal = Select(defined, 1.0f / length, Floats{});
    const Vec3 unit = scaled * reciprocal;
    const Ints values = 3 * index;
    Scatter(Select(defined, unit.x, Floats{}), values, number, normals + 3 * first);
    Scatter(Select(defined, unit.y, Floats{}), values, number, normals + 3 * first + 1);
    Scatter(Select(defined, unit.z, Floats{}), values, number, normals + 3 * first + 2);
    StorePartial(Select(defined, reciprocal * scale, Floats{}), number, per_length + first);
  });
}

// Writes the gradient with respect to the sums to rows of four. It is the part of the gradient with
// respect to the unit normals that is perpendicular to them, times the reciprocal length.
void NormalizeGradient(const float* normals, const float* per_length, const float* d_normals,
                       int64_t count, float* d_sums) {
  ForBlocks(count, [&](int64_t first, int number, Ints index) {
    const Vec3 normal = GatherVec3(normals + 3 * first, 3 * index);
    const Vec3 d_normal = GatherVec3(d_normals + 3 * first, 3 * index);
    const Floats scale = LoadPartial(per_length + first, number);
    const Vec3 d = (d_normal - normal * Dot(normal, d_normal)) * scale;
    const Ints defined = scale > 0.0f;
    const Ints row = 4 * index;
    Scatter(Select(defined, d.x, Floats{}), row, number, d_sums + 4 * first);
    Scatter(Select(defined, d.y, Floats{}), row, number, d_sums + 4 * first + 1);
    Scatter(Select(defined, d.z, Floats{}), row, number, d_sums + 4 * first + 2);
    Scatter(Floats{}, row, number, d_sums + 4 * first + 3);
  });
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_NORMALIZE_LANES_H_
