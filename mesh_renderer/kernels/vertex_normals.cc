#include "vertex_normals.h"

#include <cstring>

#include "kernels.h"
#include "scratch.h"

namespace mesh_renderer {
namespace {

// A position or a direction: x, y, z and a fourth number that most operations leave alone.
typedef float Float4 __attribute__((vector_size(16)));
typedef int32_t Int4 __attribute__((vector_size(16)));

Float4 Yzx(Float4 a) { return __builtin_shuffle(a, Int4{1, 2, 0, 3}); }
Float4 Zxy(Float4 a) { return __builtin_shuffle(a, Int4{2, 0, 1, 3}); }
Float4 Cross(Float4 a, Float4 b) { return Yzx(a) * Zxy(b) - Zxy(a) * Yzx(b); }
Float4 Abs(Float4 a) {
  return reinterpret_cast<Float4>(reinterpret_cast<Int4>(a) &
                                  Int4{INT32_MAX, INT32_MAX, INT32_MAX, 0});
}

// Values above this are dropped, since sums of them would leave float32.
constexpr float kLargest = 1e36f;

bool IsNowhere(Int4 mask) {
  int64_t halves[2];
  std::memcpy(halves, &mask, sizeof(halves));
  return (halves[0] | halves[1]) == 0;
}

// Tells whether all four numbers are finite, and small enough to be summed up in float32.
bool IsModerate(Float4 a) { return IsNowhere(~(a < kLargest) | ~(a > -kLargest)); }

bool IsZero(Float4 a) { return IsNowhere(a != 0.0f); }

// Copies [count, 3] to rows of four.
void Pad(const float* from, int64_t count, Float4* to) {
  for (int64_t i = 0; i < count; ++i) {
    to[i] = Float4{from[3 * i], from[3 * i + 1], from[3 * i + 2], 0.0f};
  }
}

// Sums up the cross products of two edges over the triangles around each vertex. The fourth number
// sums up the sizes of the products in them, by which rounding is recognized.
void SumTriangleNormals(const SurfaceView& surface, const Float4* positions, Float4* sums) {
  std::fill(sums, sums + surface.vertex_count, Float4{});
  for (int64_t t = 0; t < surface.triangle_count; ++t) {
    const int32_t* corner = surface.triangles + 3 * t;
    const Float4 origin = positions[corner[0]];
    const Float4 first = positions[corner[1]] - origin, second = positions[corner[2]] - origin;
    const Float4 a = Yzx(first) * Zxy(second), b = Zxy(first) * Yzx(second);
    const Float4 sizes = Abs(a) + Abs(b);
    const Float4 size = sizes + Yzx(sizes) + Zxy(sizes);
    const Float4 normal = __builtin_shuffle(a - b, size, Int4{0, 1, 2, 4});
    if (!IsModerate(normal)) continue;
    for (int i = 0; i < 3; ++i) sums[corner[i]] += normal;
  }
}

}  // namespace

void ComputeVertexNormals(const SurfaceView& surface, float* normals, float* per_length) {
  auto* positions = ThreadScratch<Float4, 0>(surface.vertex_count);
  auto* sums = ThreadScratch<Float4, 1>(surface.vertex_count);
  Pad(surface.positions, surface.vertex_count, positions);
  SumTriangleNormals(surface, positions, sums);
  BestKernels().normalize(reinterpret_cast<const float*>(sums), surface.vertex_count, normals,
                          per_length);
}

void VertexNormalsGradient(const SurfaceView& surface, const float* normals,
                           const float* per_length, const float* d_normals, float* d_positions) {
  auto* positions = ThreadScratch<Float4, 0>(surface.vertex_count);
  auto* d_sums = ThreadScratch<Float4, 1>(surface.vertex_count);
  auto* d_padded = ThreadScratch<Float4, 2>(surface.vertex_count);
  Pad(surface.positions, surface.vertex_count, positions);
  BestKernels().normalize_gradient(normals, per_length, d_normals, surface.vertex_count,
                                   reinterpret_cast<float*>(d_sums));
  std::fill(d_padded, d_padded + surface.vertex_count, Float4{});
  for (int64_t t = 0; t < surface.triangle_count; ++t) {
    const int32_t* corner = surface.triangles + 3 * t;
    const Float4 d_normal = d_sums[corner[0]] + d_sums[corner[1]] + d_sums[corner[2]];
    // The gradient is zero where no pixel shows a corner, which is most of a mesh.
    if (IsZero(d_normal)) continue;
    const Float4 origin = positions[corner[0]];
    const Float4 first = positions[corner[1]] - origin, second = positions[corner[2]] - origin;
    const Float4 d_first = Cross(second, d_normal), d_second = Cross(d_normal, first);
    if (!IsModerate(d_first) || !IsModerate(d_second)) continue;
    d_padded[corner[0]] -= d_first + d_second;
    d_padded[corner[1]] += d_first;
    d_padded[corner[2]] += d_second;
  }
  for (int64_t i = 0; i < surface.vertex_count; ++i) {
    std::memcpy(d_positions + 3 * i, d_padded + i, 3 * sizeof(float));
  }
}

}  // namespace mesh_renderer
