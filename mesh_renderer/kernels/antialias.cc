#include "antialias.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "visibility.h"

namespace mesh_renderer {
namespace {

struct HalfEdge {
  int32_t low, high, opposite, slot;
};

bool SameEdge(const HalfEdge& a, const HalfEdge& b) { return a.low == b.low && a.high == b.high; }

// Computes twice the signed area of the triangle of an edge and a point in the image, if all are
// before the eye. Its sign tells on which side of the edge the point is.
double Side(const ClipVertex& a, const ClipVertex& b, const ClipVertex& c) {
  return (b.x / b.w - a.x / a.w) * (c.y / c.w - a.y / a.w) -
         (b.y / b.w - a.y / a.w) * (c.x / c.w - a.x / a.w);
}

// An edge is part of the silhouette if no surface goes on beyond it: it belongs to one triangle, or
// both of its triangles lie on the same side.
bool IsSilhouette(const MeshView& mesh, const int32_t* corner, int edge, int32_t across) {
  if (across == kNoNeighbor) return true;
  const ClipVertex& a = mesh.vertices[corner[(edge + 1) % 3]];
  const ClipVertex& b = mesh.vertices[corner[(edge + 2) % 3]];
  const ClipVertex &own = mesh.vertices[corner[edge]], &other = mesh.vertices[across];
  if (!(own.w > 0.0f && other.w > 0.0f)) return false;
  return (Side(a, b, own) > 0.0) == (Side(a, b, other) > 0.0);
}

struct Pixel {
  int column, row;
  int64_t Index(ImageSize image) const { return static_cast<int64_t>(row) * image.width + column; }
};

// The place where the edge from a to b crosses the way from one pixel's center to the next.
struct Crossing {
  double at;       // the share of the way that lies before it
  double d[2][3];  // the derivatives of `at` by (x, y, w) of a and b
};

// Finds the crossing, unless the edge does not reach from one side of the way to the other. With e
// the edge function at a center, it lies at e_from / (e_from - e_to).
bool CrossEdge(const ClipVertex& a, const ClipVertex& b, ImageSize image, Pixel from, Pixel to,
               Crossing* out) {
  if (!(a.w > 0.0f && b.w > 0.0f)) return false;
  const bool in_row = from.row == to.row;
  const double across = in_row ? image.CenterY(from.row) : image.CenterX(from.column);
  const double side_a = (in_row ? a.y : a.x) - across * a.w;
  const double side_b = (in_row ? b.y : b.x) - across * b.w;
  if ((side_a > 0.0) == (side_b > 0.0)) return false;
  const double p[2][2] = {{image.CenterX(from.column), image.CenterY(from.row)},
                          {image.CenterX(to.column), image.CenterY(to.row)}};
  double e[2], d[2][2][3];
  for (int i = 0; i < 2; ++i) {
    const double x = p[i][0], y = p[i][1];
    e[i] = (double(a.y) * b.w - double(b.y) * a.w) * x +
           (double(b.x) * a.w - double(a.x) * b.w) * y + double(a.x) * b.y - double(b.x) * a.y;
    const double by_a[3] = {b.y - y * b.w, x * b.w - b.x, y * b.x - x * b.y};
    const double by_b[3] = {y * a.w - a.y, a.x - x * a.w, x * a.y - y * a.x};
    std::copy(by_a, by_a + 3, d[i][0]);
    std::copy(by_b, by_b + 3, d[i][1]);
  }
  const double difference = e[0] - e[1];
  out->at = e[0] / difference;
  if (!(out->at >= 0.0 && out->at <= 1.0)) return false;
  for (int v = 0; v < 2; ++v) {
    for (int k = 0; k < 3; ++k) {
      out->d[v][k] = (d[1][v][k] * e[0] - d[0][v][k] * e[1]) / (difference * difference);
    }
  }
  return true;
}

// Appends the crossing of the silhouette of the triangle that `from` shows, if there is one on the
// way to `to`, whose surface is farther away or absent.
void AddCrossing(const MeshView& mesh, const std::vector<int32_t>& neighbors, int32_t id,
                 ImageSize image, Pixel from, Pixel to, std::vector<SilhouetteCrossing>* out) {
  const int32_t* corner = mesh.triangles + 3 * static_cast<int64_t>(id);
  for (int edge = 0; edge < 3; ++edge) {
    const int32_t a = corner[(edge + 1) % 3], b = corner[(edge + 2) % 3];
    Crossing crossing;
    if (!CrossEdge(mesh.vertices[a], mesh.vertices[b], image, from, to, &crossing)) continue;
    if (!IsSilhouette(mesh, corner, edge, neighbors[3 * static_cast<int64_t>(id) + edge])) continue;
    // Past the middle the surface covers a part of the other pixel, before it the other covers
    // a part of this one.
    const double excess = crossing.at - 0.5;
    SilhouetteCrossing found{
        from.Index(image), to.Index(image), static_cast<float>(std::abs(excess)), {a, b}, {}};
    if (excess < 0.0) std::swap(found.from, found.to);
    for (int v = 0; v < 2; ++v) {
      for (int k = 0; k < 3; ++k) {
        const double d = excess < 0.0 ? -crossing.d[v][k] : crossing.d[v][k];
        if (!(std::abs(d) < 1e30)) return;
        found.d_share[v][k] = static_cast<float>(d);
      }
    }
    out->push_back(found);
    return;
  }
}

}  // namespace

std::vector<int32_t> FindNeighbors(const int32_t* triangles, int64_t triangle_count) {
  std::vector<HalfEdge> edges;
  edges.reserve(3 * triangle_count);
  for (int32_t slot = 0; slot < 3 * triangle_count; ++slot) {
    const int32_t* corner = triangles + slot / 3 * 3;
    const int32_t a = corner[(slot + 1) % 3], b = corner[(slot + 2) % 3];
    edges.push_back({std::min(a, b), std::max(a, b), corner[slot % 3], slot});
  }
  std::sort(edges.begin(), edges.end(), [](const HalfEdge& a, const HalfEdge& b) {
    return std::array{a.low, a.high, a.slot} < std::array{b.low, b.high, b.slot};
  });
  std::vector<int32_t> neighbors(edges.size(), kNoNeighbor);
  for (size_t i = 1; i < edges.size(); ++i) {
    if (!SameEdge(edges[i - 1], edges[i])) continue;
    neighbors[edges[i - 1].slot] = edges[i].opposite;
    neighbors[edges[i].slot] = edges[i - 1].opposite;
  }
  return neighbors;
}

std::vector<SilhouetteCrossing> FindCrossings(const MeshView& mesh,
                                              const std::vector<int32_t>& neighbors,
                                              const int32_t* ids, const float* depths,
                                              ImageSize image) {
  std::vector<SilhouetteCrossing> out;
  const auto visit = [&](Pixel one, Pixel other) {
    const int64_t a = one.Index(image), b = other.Index(image);
    if (ids[a] == ids[b]) return;
    // The nearer surface hides the other: its silhouette is what is seen.
    const bool first = ids[b] == kNoTriangle || (ids[a] != kNoTriangle && depths[a] <= depths[b]);
    const Pixel from = first ? one : other, to = first ? other : one;
    AddCrossing(mesh, neighbors, ids[first ? a : b], image, from, to, &out);
  };
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column) {
      if (column + 1 < image.width) visit({column, row}, {column + 1, row});
      if (row + 1 < image.height) visit({column, row}, {column, row + 1});
    }
  }
  return out;
}

}  // namespace mesh_renderer
