// Vector algebra and powers: a lane for each problem.

#ifndef MESH_RENDERER_KERNELS_LANE_MATH_H_
#define MESH_RENDERER_KERNELS_LANE_MATH_H_

#include <cfloat>

#include "lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

struct Vec3 {
  Floats x, y, z;
};

inline Vec3 FillVec3(const float* value) {
  return {Fill(value[0]), Fill(value[1]), Fill(value[2])};
}
inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(const Vec3& a, const Vec3& b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vec3 operator*(const Vec3& a, Floats b) { return {a.x * b, a.y * b, a.z * b}; }
inline void operator+=(Vec3& a, const Vec3& b) { a = a + b; }
inline void operator-=(Vec3& a, const Vec3& b) { a = a - b; }
inline Floats Dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

inline Vec3 GatherVec3(const float* base, Ints index) {
  return {Gather(base, index), Gather(base + 1, index), Gather(base + 2, index)};
}

inline void ScatterVec3(const Vec3& value, Ints index, int count, float* base) {
  Scatter(value.x, index, count, base);
  Scatter(value.y, index, count, base + 1);
  Scatter(value.z, index, count, base + 2);
}

// A vector's direction, as tf.math.l2_normalize defines it: vectors shorter than 1e-6 keep their
// length times 1e6.
struct Direction {
  static constexpr float kSmallestSquare = 1e-12f;

  Vec3 unit;
  Floats per_length;
  Ints is_unit;

  explicit Direction(const Vec3& v) {
    const Floats square = Dot(v, v);
    is_unit = square > kSmallestSquare;
    per_length = 1.0f / Sqrt(Max(square, Fill(kSmallestSquare)));
    unit = v * per_length;
  }

  // Computes the gradient with respect to the vector from that with respect to its direction.
  Vec3 Gradient(const Vec3& d_unit) const {
    const Floats along = Select(is_unit, Dot(unit, d_unit), Floats{});
    return (d_unit - unit * along) * per_length;
  }
};

// Computes log(a) for positive, normal a by Cephes' polynomial, correct to 1e-7.
inline Floats Log(Floats a) {
  constexpr float kSqrtHalf = 0.70710678f;
  const Ints bits = FloatBits(a);
  Ints exponent = (bits >> 23) - 126;
  Floats mantissa = BitsToFloats((bits & 0x007fffff) | 0x3f000000);
  const Ints is_small = mantissa < kSqrtHalf;
  exponent += is_small;
  const Floats x = Select(is_small, mantissa + mantissa, mantissa) - 1.0f;
  Floats p = 7.0376836292e-2f * x - 1.1514610310e-1f;
  p = p * x + 1.1676998740e-1f;
  p = p * x - 1.2420140846e-1f;
  p = p * x + 1.4249322787e-1f;
  p = p * x - 1.6668057665e-1f;
  p = p * x + 2.0000714765e-1f;
  p = p * x - 2.4999993993e-1f;
  p = p * x + 3.3333331174e-1f;
  const Floats square = x * x, scale = ToFloats(exponent);
  const Floats small = p * x * square - 2.12194440e-4f * scale - 0.5f * square;
  return x + small + 0.693359375f * scale;
}

// Computes exp(a) by Cephes' polynomial, for a limited to where float32 can hold the result.
inline Floats Exp(Floats a) {
  a = Min(Max(a, Fill(-87.0f)), Fill(88.0f));
  // Truncation rounds to nearest once the argument is positive.
  const Ints n = ToInts(a * 1.44269504f + 128.5f) - 128;
  const Floats scale = ToFloats(n);
  const Floats x = (a - 0.693359375f * scale) + 2.12194440e-4f * scale;
  Floats p = 1.9875691500e-4f * x + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  return (p * x * x + x + 1.0f) * BitsToFloats((n + 127) << 23);
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_LANE_MATH_H_
