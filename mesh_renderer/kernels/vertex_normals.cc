#include "vertex_normals.h"

#include <algorithm>
#include <cmath>

namespace mesh_renderer {
namespace {

// A cross product of float32 edges carries an error of about 1e-7 of the product of their lengths:
// below this fraction its direction means nothing.
constexpr double kRoundingFraction = 1e-6;
// Keeps the reciprocal, and so the gradient, within float32.
constexpr double kSmallestLength = 1e-30;

struct Vec3 {
  float x, y, z;
};

Vec3 Load(const float* p) { return {p[0], p[1], p[2]}; }
Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }

Vec3 Cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

float LargestComponent(const Vec3& a) {
  return std::max(std::max(std::abs(a.x), std::abs(a.y)), std::abs(a.z));
}

void AddTo(float* p, const Vec3& a) {
  p[0] += a.x;
  p[1] += a.y;
  p[2] += a.z;
}

struct Edges {
  Vec3 first, second;
};

Edges TriangleEdges(const SurfaceView& surface, const int32_t* corner) {
  const Vec3 origin = Load(surface.positions + 3 * static_cast<int64_t>(corner[0]));
  return {Load(surface.positions + 3 * static_cast<int64_t>(corner[1])) - origin,
          Load(surface.positions + 3 * static_cast<int64_t>(corner[2])) - origin};
}

// 1 / |sum of normals|, or 0 where it has no direction.
double ReciprocalLength(const NormalSums& sums, int64_t vertex) {
  const float* n = &sums.normal[3 * vertex];
  const double x = n[0], y = n[1], z = n[2];
  const double length = std::sqrt(x * x + y * y + z * z);
  const bool defined = std::isfinite(length) && length > kSmallestLength &&
                       length > kRoundingFraction * sums.scale[vertex];
  return defined ? 1.0 / length : 0.0;
}

// Gradient with respect to the sum of normals: the part of d_normal across the unit normal.
Vec3 ThroughNormalization(const NormalSums& sums, int64_t vertex, const float* d_normal) {
  const double reciprocal = ReciprocalLength(sums, vertex);
  if (reciprocal == 0.0) return {0.0f, 0.0f, 0.0f};
  double unit[3], along = 0.0;
  for (int k = 0; k < 3; ++k) {
    unit[k] = sums.normal[3 * vertex + k] * reciprocal;
    along += unit[k] * d_normal[k];
  }
  return {static_cast<float>((d_normal[0] - along * unit[0]) * reciprocal),
          static_cast<float>((d_normal[1] - along * unit[1]) * reciprocal),
          static_cast<float>((d_normal[2] - along * unit[2]) * reciprocal)};
}

}  // namespace

NormalSums SumTriangleNormals(const SurfaceView& surface) {
  NormalSums sums;
  sums.normal.assign(3 * surface.vertex_count, 0.0f);
  sums.scale.assign(surface.vertex_count, 0.0f);
  for (int64_t t = 0; t < surface.triangle_count; ++t) {
    const int32_t* corner = surface.triangles + 3 * t;
    const Edges edges = TriangleEdges(surface, corner);
    const Vec3 normal = Cross(edges.first, edges.second);
    const float scale = LargestComponent(edges.first) * LargestComponent(edges.second);
    if (!std::isfinite(normal.x + normal.y + normal.z + scale)) continue;
    for (int i = 0; i < 3; ++i) {
      AddTo(&sums.normal[3 * static_cast<int64_t>(corner[i])], normal);
      sums.scale[corner[i]] += scale;
    }
  }
  return sums;
}

void ComputeVertexNormals(const SurfaceView& surface, float* normals) {
  const NormalSums sums = SumTriangleNormals(surface);
  for (int64_t v = 0; v < surface.vertex_count; ++v) {
    const double reciprocal = ReciprocalLength(sums, v);
    for (int64_t k = 3 * v; k < 3 * v + 3; ++k) {
      // A sum that overflowed has no direction either, and its product with 0 is no number.
      normals[k] = reciprocal == 0.0 ? 0.0f : static_cast<float>(sums.normal[k] * reciprocal);
    }
  }
}

void AddVertexNormalsGradient(const SurfaceView& surface, const float* d_normals,
                              float* d_positions) {
  const NormalSums sums = SumTriangleNormals(surface);
  std::vector<float> d_sums(3 * surface.vertex_count, 0.0f);
  for (int64_t v = 0; v < surface.vertex_count; ++v) {
    AddTo(&d_sums[3 * v], ThroughNormalization(sums, v, d_normals + 3 * v));
  }
  for (int64_t t = 0; t < surface.triangle_count; ++t) {
    const int32_t* corner = surface.triangles + 3 * t;
    const Edges edges = TriangleEdges(surface, corner);
    Vec3 d_normal{0.0f, 0.0f, 0.0f};
    for (int i = 0; i < 3; ++i) {
      d_normal = d_normal + Load(&d_sums[3 * static_cast<int64_t>(corner[i])]);
    }
    const Vec3 d_first = Cross(edges.second, d_normal);
    const Vec3 d_second = Cross(d_normal, edges.first);
    const Vec3 d_origin = Vec3{0.0f, 0.0f, 0.0f} - (d_first + d_second);
    const float check = LargestComponent(d_first) + LargestComponent(d_second);
    if (!std::isfinite(check)) continue;
    AddTo(d_positions + 3 * static_cast<int64_t>(corner[0]), d_origin);
    AddTo(d_positions + 3 * static_cast<int64_t>(corner[1]), d_first);
    AddTo(d_positions + 3 * static_cast<int64_t>(corner[2]), d_second);
  }
}

}  // namespace mesh_renderer
