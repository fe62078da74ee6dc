// Covered pixels and where they lie on their triangles, one pixel a lane.

#ifndef MESH_RENDERER_KERNELS_COVERED_LANES_H_
#define MESH_RENDERER_KERNELS_COVERED_LANES_H_

#include "barycentrics.h"
#include "covered_pixels.h"
#include "lane_math.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Up to kLanes pixels of a list; lanes past its end repeat the last pixel.
struct PixelLanes {
  Ints column, row, triangle;
  int count;

  PixelLanes(const PixelList& list, int64_t first) {
    const int64_t left = list.count - first;
    count = left < kLanes ? static_cast<int>(left) : kLanes;
    for (int i = 0; i < kLanes; ++i) {
      const CoveredPixel& pixel = list.pixels[first + (i < count ? i : count - 1)];
      column[i] = pixel.column;
      row[i] = pixel.row;
      triangle[i] = pixel.triangle;
    }
  }
  // Zero in the lanes past the list's end.
  Vec3 KeepInUse(const Vec3& v) const {
    const Ints used = LaneNumbers() < count;
    return {Select(used, v.x, Floats{}), Select(used, v.y, Floats{}), Select(used, v.z, Floats{})};
  }
  Ints Index(const ImageSize& image) const { return row * image.width + column; }
  // In an image whose row 0 is the top.
  Ints FlippedIndex(const ImageSize& image) const {
    return (image.height - 1 - row) * image.width + column;
  }
};

inline Vec3 GatherVec3(const float* base, Ints index) {
  return {Gather(base, index), Gather(base + 1, index), Gather(base + 2, index)};
}

inline void ScatterVec3(const Vec3& value, Ints index, int count, float* base) {
  Scatter(value.x, index, count, base);
  Scatter(value.y, index, count, base + 1);
  Scatter(value.z, index, count, base + 2);
}

// Barycentric coordinates at the centers of pixels. Where a triangle is so degenerate that it has
// none they are all a third, and have no gradient.
struct BarycentricLanes {
  Ints corner[3];  // vertex indices
  Floats b[3];
  Floats inverse_x[3], inverse_y[3];
  Floats px, py;

  BarycentricLanes(const MeshView& mesh, const PixelLanes& pixel, const ImageSize& image) {
    const auto* indices = reinterpret_cast<const float*>(mesh.triangles);
    const auto* values = reinterpret_cast<const float*>(mesh.vertices);
    float x[3][kLanes], y[3][kLanes], w[3][kLanes];
    for (int i = 0; i < 3; ++i) {
      corner[i] = FloatBits(Gather(indices + i, 3 * pixel.triangle));
      Store(Gather(values, 4 * corner[i]), x[i]);
      Store(Gather(values + 1, 4 * corner[i]), y[i]);
      Store(Gather(values + 3, 4 * corner[i]), w[i]);
    }
    Compute(x, y, w, pixel, image);
  }

  // The gradient with respect to corner i is -b[i] times the result.
  Vec3 Gradient(const Floats db[3]) const {
    Floats out[3];
    BarycentricsGradient(b, inverse_x, inverse_y, db, px, py, out);
    return {out[0], out[1], out[2]};
  }

 private:
  // In float64: see ComputeBarycentrics.
  void Compute(const float (*x)[kLanes], const float (*y)[kLanes], const float (*w)[kLanes],
               const PixelLanes& pixel, const ImageSize& image) {
    double centers_x[kLanes], centers_y[kLanes];
    int32_t columns[kLanes], rows[kLanes];
    Store(pixel.column, columns);
    Store(pixel.row, rows);
    const double half_width = 0.5f * image.width, half_height = 0.5f * image.height;
    float out[9][kLanes];
    int32_t exists[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      centers_x[i] = (columns[i] + 0.5) / half_width - 1.0;
      centers_y[i] = (rows[i] + 0.5) / half_height - 1.0;
    }
    for (int i = 0; i < kLanes; ++i) {
      const double xs[3] = {x[0][i], x[1][i], x[2][i]};
      const double ys[3] = {y[0][i], y[1][i], y[2][i]};
      const double ws[3] = {w[0][i], w[1][i], w[2][i]};
      const Barycentrics at = ComputeBarycentrics(xs, ys, ws, centers_x[i], centers_y[i]);
      for (int k = 0; k < 3; ++k) {
        out[k][i] = static_cast<float>(at.b[k]);
        out[3 + k][i] = static_cast<float>(at.inverse_x[k]);
        out[6 + k][i] = static_cast<float>(at.inverse_y[k]);
      }
      exists[i] = at.existence - at.existence == 0.0 ? -1 : 0;
    }
    const Ints mask = Load<Ints>(exists);
    for (int k = 0; k < 3; ++k) {
      b[k] = Select(mask, Load<Floats>(out[k]), Fill(1.0f / 3));
      inverse_x[k] = Select(mask, Load<Floats>(out[3 + k]), Floats{});
      inverse_y[k] = Select(mask, Load<Floats>(out[6 + k]), Floats{});
    }
    for (int i = 0; i < kLanes; ++i) px[i] = static_cast<float>(centers_x[i]);
    for (int i = 0; i < kLanes; ++i) py[i] = static_cast<float>(centers_y[i]);
  }
};

// Adds the gradient with respect to barycentric coordinates db to that of the vertices [V, 4].
inline void AddVertexGradient(const BarycentricLanes& at, const Floats db[3], int count,
                              float* d_vertices) {
  const Vec3 q = at.Gradient(db);
  for (int k = 0; k < 3; ++k) {
    const Vec3 d = q * -at.b[k];
    for (int i = 0; i < count; ++i) {
      float* d_vertex = d_vertices + 4 * static_cast<int64_t>(at.corner[k][i]);
      d_vertex[0] += d.x[i];
      d_vertex[1] += d.y[i];
      d_vertex[3] += d.z[i];
    }
  }
}

// Writes the barycentric coordinates of the pixels of the list to out [pixels, 3].
void ResolveBarycentrics(const MeshView& mesh, const PixelList& list, float* out) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const BarycentricLanes at(mesh, pixel, list.image);
    ScatterVec3({at.b[0], at.b[1], at.b[2]}, 3 * pixel.Index(list.image), pixel.count, out);
  }
}

// Adds the gradient with respect to clip-space vertices [V, 4], given that with respect to
// barycentric coordinates [pixels, 3]. The triangle of a pixel is held fixed, z has no gradient.
void ResolveBarycentricsGradient(const MeshView& mesh, const PixelList& list, const float* d_b,
                                 float* d_vertices) {
  for (int64_t first = 0; first < list.count; first += kLanes) {
    const PixelLanes pixel(list, first);
    const Vec3 db = GatherVec3(d_b, 3 * pixel.Index(list.image));
    const Floats components[3] = {db.x, db.y, db.z};
    AddVertexGradient(BarycentricLanes(mesh, pixel, list.image), components, pixel.count,
                      d_vertices);
  }
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_COVERED_LANES_H_
