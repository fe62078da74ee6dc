// The Phong model and its gradient (section 3.2.2 of the paper): a lane for each pixel.

#ifndef MESH_RENDERER_KERNELS_PHONG_LANES_H_
#define MESH_RENDERER_KERNELS_PHONG_LANES_H_

#include <cfloat>

#include "lane_math.h"
#include "phong.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

struct Surface {
  Vec3 normal, position, diffuse, specular;
  Floats shininess;
};

// One light's reflection, and what its gradient needs.
struct Reflection {
  Direction to_light;
  Floats raw_cosine, cosine;
  Direction mirrored;
  Floats alignment, highlight;
  Ints shines;
};

inline Direction ToLight(const Lighting& lighting, int64_t light, const Surface& s) {
  return Direction(FillVec3(lighting.positions + 3 * light) - s.position);
}

inline Vec3 Mirror(const Surface& s, const Vec3& to_light, Floats cosine) {
  return s.normal * (2.0f * cosine) - to_light;
}

// Computes (R V)^shininess where the light is on the surface's side and R V is positive, else 0.
inline void ComputeHighlight(const Surface& s, const Vec3& to_camera, Reflection* r) {
  const Floats alignment = Dot(r->mirrored.unit, to_camera);
  r->shines = (r->cosine > 0.0f) & (alignment > 0.0f);
  // The logarithm and the quotient need a normal number. The limit is not seen, since the power
  // underflows there.
  r->alignment = Max(alignment, Fill(FLT_MIN));
  const Floats power = Exp(s.shininess * Log(Min(r->alignment, Fill(1.0f))));
  r->highlight = Select(r->shines, power, Floats{});
}

inline Reflection Reflect(const Lighting& lighting, int64_t light, const Surface& s,
                          const Vec3& to_camera) {
  const Direction to_light = ToLight(lighting, light, s);
  const Floats raw_cosine = Dot(s.normal, to_light.unit);
  const Floats cosine = Min(Max(raw_cosine, Floats{}), Fill(1.0f));
  const Direction mirrored(Mirror(s, to_light.unit, cosine));
  Reflection r{to_light, raw_cosine, cosine, mirrored, Floats{}, Floats{}, Ints{}};
  if (lighting.camera != nullptr) ComputeHighlight(s, to_camera, &r);
  return r;
}

inline Direction ToCamera(const Lighting& lighting, const Surface& s) {
  const float* camera = lighting.camera != nullptr ? lighting.camera : lighting.ambient;
  return Direction(FillVec3(camera) - s.position);
}

inline Vec3 Shade(const Lighting& lighting, const Surface& s) {
  const Direction to_camera = ToCamera(lighting, s);
  Vec3 color = FillVec3(lighting.ambient) * s.diffuse;
  for (int64_t light = 0; light < lighting.light_count; ++light) {
    const Reflection r = Reflect(lighting, light, s, to_camera.unit);
    Vec3 reflected = s.diffuse * r.cosine;
    if (lighting.camera != nullptr) reflected += s.specular * r.highlight;
    color += reflected * FillVec3(lighting.intensities + 3 * light);
  }
  return color;
}

// Sums over pixels of what LightingSumCount describes, kept for each lane.
struct LightingSums {
  float* lanes;  // [LightingSumCount, kMaxLanes]
  int64_t light_count;

  void AddTo(int64_t first, const Vec3& value) const {
    const Floats components[] = {value.x, value.y, value.z};
    for (int k = 0; k < 3; ++k) {
      float* sum = lanes + (first + k) * kMaxLanes;
      Store(Load<Floats>(sum) + components[k], sum);
    }
  }
  void AddPosition(int64_t light, const Vec3& d) const { AddTo(3 * light, d); }
  void AddIntensity(int64_t light, const Vec3& d) const { AddTo(3 * (light_count + light), d); }
  void AddAmbient(const Vec3& d) const { AddTo(6 * light_count, d); }
  void AddCamera(const Vec3& d) const { AddTo(6 * light_count + 3, d); }
};

// Returns the gradient with respect to the mirrored direction, given that of the highlight; also
// adds those with respect to the shininess and to the direction to the camera.
inline Vec3 HighlightGradient(const Surface& s, const Vec3& to_camera, const Reflection& r,
                              Floats d_highlight, Surface* d, Vec3* d_to_camera) {
  const Floats base = Min(r.alignment, Fill(1.0f));
  const Floats d_power = Select(r.shines, d_highlight * r.highlight, Floats{});
  d->shininess += d_power * Log(base);
  const Ints inside = r.alignment <= 1.0f;
  const Floats d_alignment = Select(inside, d_power * s.shininess / base, Floats{});
  *d_to_camera += r.mirrored.unit * d_alignment;
  return r.mirrored.Gradient(to_camera * d_alignment);
}

// Adds to *d the gradient of a loss whose gradient with respect to the color is d_color.
inline void ShadeGradient(const Lighting& lighting, const Surface& s, const Vec3& d_color,
                          Surface* d, const LightingSums& sums) {
  const bool has_specular = lighting.camera != nullptr;
  const Direction to_camera = ToCamera(lighting, s);
  Vec3 d_to_camera{};
  d->diffuse += d_color * FillVec3(lighting.ambient);
  sums.AddAmbient(d_color * s.diffuse);
  for (int64_t light = 0; light < lighting.light_count; ++light) {
    const Reflection r = Reflect(lighting, light, s, to_camera.unit);
    const Vec3 d_reflected = d_color * FillVec3(lighting.intensities + 3 * light);
    Vec3 reflected = s.diffuse * r.cosine;
    d->diffuse += d_reflected * r.cosine;
    Floats d_cosine = Dot(d_reflected, s.diffuse);
    Vec3 d_to_light{};
    if (has_specular) {
      reflected += s.specular * r.highlight;
      d->specular += d_reflected * r.highlight;
      const Vec3 d_mirrored =
          HighlightGradient(s, to_camera.unit, r, Dot(d_reflected, s.specular), d, &d_to_camera);
      d_cosine += 2.0f * Dot(s.normal, d_mirrored);
      d->normal += d_mirrored * (2.0f * r.cosine);
      d_to_light -= d_mirrored;
    }
    sums.AddIntensity(light, d_color * reflected);
    const Ints passes = (r.raw_cosine >= 0.0f) & (r.raw_cosine <= 1.0f);
    d_cosine = Select(passes, d_cosine, Floats{});
    d->normal += r.to_light.unit * d_cosine;
    d_to_light += s.normal * d_cosine;
    const Vec3 d_light = r.to_light.Gradient(d_to_light);
    sums.AddPosition(light, d_light);
    d->position -= d_light;
  }
  if (has_specular) {
    const Vec3 d_camera = to_camera.Gradient(d_to_camera);
    sums.AddCamera(d_camera);
    d->position -= d_camera;
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_PHONG_LANES_H_
