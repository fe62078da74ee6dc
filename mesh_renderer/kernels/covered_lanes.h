// Covered pixels and where they lie on their triangles: a lane for each pixel.

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
  // The pixels as they lie in memory.
  const CoveredPixel* pixels;

  PixelLanes(const PixelList& list, int64_t first) {
    const int64_t left = list.count - first;
    count = left < kLanes ? static_cast<int>(left) : kLanes;
    pixels = list.pixels + first;
    if (count < kLanes) {
      for (int i = 0; i < kLanes; ++i) last_[i] = pixels[i < count ? i : count - 1];
      pixels = last_;
    }
    Ints position;
    Deinterleave(Load<Ints>(pixels), Load<Ints>(pixels + kLanes / 2), &position, &triangle);
    column = position << 16 >> 16, row = position >> 16;
  }
  // Sets the lanes past the list's end to zero.
  Vec3 KeepInUse(const Vec3& v) const {
    const Ints used = LaneNumbers() < count;
    return {Select(used, v.x, Floats{}), Select(used, v.y, Floats{}), Select(used, v.z, Floats{})};
  }
  Ints Index(const ImageSize& image) const { return row * image.width + column; }
  // The index in an image whose row 0 is the top.
  Ints FlippedIndex(const ImageSize& image) const {
    return (image.height - 1 - row) * image.width + column;
  }

  PixelLanes(const PixelLanes&) = delete;
  PixelLanes& operator=(const PixelLanes&) = delete;

 private:
  CoveredPixel last_[kLanes];
};

// A covered pixel's barycentric coordinates lie in 0..1 but for rounding. Where they are larger
// than this or do not exist, since the triangle is too thin, they become a third and have no
// gradient.
constexpr float kLargestWeight = 16.0f;
// Where derivatives are larger than this they become zero, since sums of them would leave float32.
constexpr float kLargestSlope = 1e30f;

inline Ints AreBelow(const Floats values[3], float limit) {
  const Floats largest = Max(Max(Abs(values[0]), Abs(values[1])), Abs(values[2]));
  // Max drops NaN, but the sum is NaN then.
  const Floats sum = values[0] + values[1] + values[2];
  return (largest < limit) & (sum == sum);
}

// Barycentric coordinates at the centers of pixels.
struct BarycentricLanes {
  Ints corner[3];  // vertex indices
  Floats b[3];
  Floats inverse_x[3], inverse_y[3];
  Floats px, py;

  // The constructor is inlined, so that what a caller does not need is not computed.
  __attribute__((always_inline)) BarycentricLanes(const MeshView& mesh, const PixelLanes& pixel,
                                                  const ImageSize& image) {
    const auto* indices = reinterpret_cast<const float*>(mesh.triangles);
    float x[3][kLanes], y[3][kLanes], w[3][kLanes];
    for (int i = 0; i < 3; ++i) {
      corner[i] = FloatBits(Gather(indices + i, 3 * pixel.triangle));
      Floats vertex[4];
      const auto vertex_of = [&](int lane) {
        const int64_t triangle = pixel.pixels[lane].triangle;
        return &mesh.vertices[mesh.triangles[3 * triangle + i]].x;
      };
      GatherRows(vertex_of, vertex);
      Store(vertex[0], x[i]);
      Store(vertex[1], y[i]);
      Store(vertex[3], w[i]);
    }
    Compute(x, y, w, pixel, image);
  }

  // Computes what gives the gradient with respect to corner i when multiplied by -b[i].
  Vec3 Gradient(const Floats db[3]) const {
    Floats out[3];
    BarycentricsGradient(b, inverse_x, inverse_y, db, px, py, out);
    return {out[0], out[1], out[2]};
  }

 private:
  // Computes them in float64 for the reason that ComputeBarycentrics gives.
  __attribute__((always_inline)) void Compute(const float (*x)[kLanes], const float (*y)[kLanes],
                                              const float (*w)[kLanes], const PixelLanes& pixel,
                                              const ImageSize& image) {
    double centers_x[kLanes], centers_y[kLanes];
    int32_t columns[kLanes], rows[kLanes];
    Store(pixel.column, columns);
    Store(pixel.row, rows);
    const double pixel_width = 2.0 / image.width, pixel_height = 2.0 / image.height;
    float out[9][kLanes];
    for (int i = 0; i < kLanes; ++i) {
      centers_x[i] = (columns[i] + 0.5) * pixel_width - 1.0;
      centers_y[i] = (rows[i] + 0.5) * pixel_height - 1.0;
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
    }
    for (int k = 0; k < 3; ++k) b[k] = Load<Floats>(out[k]);
    const Ints exists = AreBelow(b, kLargestWeight);
    for (int k = 0; k < 3; ++k) inverse_x[k] = Load<Floats>(out[3 + k]);
    for (int k = 0; k < 3; ++k) inverse_y[k] = Load<Floats>(out[6 + k]);
    const Ints has_inverse =
        exists & AreBelow(inverse_x, kLargestSlope) & AreBelow(inverse_y, kLargestSlope);
    for (int k = 0; k < 3; ++k) {
      b[k] = Select(exists, b[k], Fill(1.0f / 3));
      inverse_x[k] = Select(has_inverse, inverse_x[k], Floats{});
      inverse_y[k] = Select(has_inverse, inverse_y[k], Floats{});
    }
    FloatArray px_lanes, py_lanes;
    for (int i = 0; i < kLanes; ++i) px_lanes.lane[i] = static_cast<float>(centers_x[i]);
    for (int i = 0; i < kLanes; ++i) py_lanes.lane[i] = static_cast<float>(centers_y[i]);
    px = px_lanes.Values(), py = py_lanes.Values();
  }
};

// Adds the gradient with respect to barycentric coordinates db to that of the vertices [V, 4].
inline void AddVertexGradient(const BarycentricLanes& at, const Floats db[3], int count,
                              float* d_vertices) {
  const Vec3 q = at.Gradient(db);
  for (int k = 0; k < 3; ++k) {
    const RowArray d(q.x * -at.b[k], q.y * -at.b[k], Floats{}, q.z * -at.b[k]);
    const IntArray corner(at.corner[k]);
    for (int i = 0; i < count; ++i) {
      float* d_vertex = d_vertices + 4 * static_cast<int64_t>(corner.lane[i]);
      Store(Load<FloatRow>(d_vertex) + Load<FloatRow>(d.row[i]), d_vertex);
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
// barycentric coordinates [pixels, 3]. The triangle of a pixel is held fixed; z has no gradient.
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
