#include "rasterizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "barycentrics.h"
#include "edge_functions.h"

namespace mesh_renderer {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Boxes are this many pixels larger than the triangle, so that rounding of the projection never
// takes a pixel from the edge functions' decision.
constexpr float kBoxSlack = 1.0f / 32;

// Half-open ranges of pixels.
struct Box {
  int left, right, bottom, top;
  bool Empty() const { return left >= right || bottom >= top; }
};

int ClampToInt(float value, int low, int high) {
  return static_cast<int>(
      std::min(std::max(value, static_cast<float>(low)), static_cast<float>(high)));
}

// The pixels of [low, high) whose centers lie between the smallest and the largest coordinate.
void CenterRange(float a, float b, float c, int low, int high, int* begin, int* end) {
  const float smallest = std::min(std::min(a, b), c);
  const float largest = std::max(std::max(a, b), c);
  *begin = ClampToInt(std::ceil(smallest - 0.5f - kBoxSlack), low, high);
  *end = ClampToInt(std::floor(largest + 0.5f + kBoxSlack), low, high);
}

// A corner without an image: the triangle is invisible, or may cover any part of the screen.
Box BoxOfUnprojectedTriangle(const ClipTriangle& t, const Box& rows) {
  const bool visible = IsFinite(t) && (t.v[0].w > 0.0f || t.v[1].w > 0.0f || t.v[2].w > 0.0f);
  return visible ? rows : Box{0, 0, 0, 0};
}

Box BoundingBox(const MeshView& mesh, const ScreenPoint* screen, int64_t id, const Box& rows) {
  const int32_t* corner = mesh.triangles + 3 * id;
  const ScreenPoint &a = screen[corner[0]], &b = screen[corner[1]], &c = screen[corner[2]];
  if (std::max(std::max(a.x, b.x), c.x) == kInfinity) {
    return BoxOfUnprojectedTriangle(mesh.Triangle(id), rows);
  }
  Box box;
  CenterRange(a.y, b.y, c.y, rows.bottom, rows.top, &box.bottom, &box.top);
  CenterRange(a.x, b.x, c.x, rows.left, rows.right, &box.left, &box.right);
  return box;
}

// Depth of a triangle at a point where its edge functions are not negative. It is NaN, which no
// comparison accepts, where float32 overflows.
float DepthAt(const ClipTriangle& t, const float edges[3]) {
  const float sum = edges[0] + edges[1] + edges[2];
  const float b0 = edges[0] / sum, b1 = edges[1] / sum, b2 = edges[2] / sum;
  const float z = b0 * t.v[0].z + b1 * t.v[1].z + b2 * t.v[2].z;
  const float w = b0 * t.v[0].w + b1 * t.v[1].w + b2 * t.v[2].w;
  return z / w;
}

// Coverage and depth are decided by the original renderer's float32 arithmetic, operation by
// operation, so that it shows the same triangles.
void DrawTriangle(const ClipTriangle& triangle, int32_t id, const Box& box, ImageSize image,
                  const Framebuffer& out) {
  EdgeFunctions edges;
  if (!IsFinite(triangle) || !ComputeEdgeFunctions(triangle, &edges)) return;
  for (int row = box.bottom; row < box.top; ++row) {
    const float py = static_cast<float>(image.CenterY(row));
    for (int column = box.left; column < box.right; ++column) {
      float values[3];
      edges.At(static_cast<float>(image.CenterX(column)), py, values);
      if (!(values[0] >= 0.0f && values[1] >= 0.0f && values[2] >= 0.0f)) continue;
      const float z = DepthAt(triangle, values);
      const int64_t pixel = static_cast<int64_t>(row) * image.width + column;
      if (!(z >= -1.0f && z <= 1.0f && z <= out.z_buffer[pixel])) continue;
      out.z_buffer[pixel] = z;
      out.triangle_ids[pixel] = id;
    }
  }
}

}  // namespace

void ProjectVertices(const ClipVertex* vertices, int64_t count, ImageSize image, ScreenPoint* out) {
  const float half_width = 0.5f * image.width, half_height = 0.5f * image.height;
  for (int64_t i = 0; i < count; ++i) {
    const ClipVertex& v = vertices[i];
    const float x = (v.x / v.w + 1.0f) * half_width;
    const float y = (v.y / v.w + 1.0f) * half_height;
    const bool projects = v.w > 0.0f && std::isfinite(x) && std::isfinite(y);
    out[i] = {projects ? x : kInfinity, projects ? y : kInfinity};
  }
}

void FindVisibleTriangles(const MeshView& mesh, const ScreenPoint* screen, ImageSize image,
                          int row_begin, int row_end, const Framebuffer& out) {
  const int64_t first = static_cast<int64_t>(row_begin) * image.width;
  const int64_t last = static_cast<int64_t>(row_end) * image.width;
  std::fill(out.z_buffer + first, out.z_buffer + last, 1.0f);
  std::fill(out.triangle_ids + first, out.triangle_ids + last, kNoTriangle);
  const Box rows{0, image.width, row_begin, row_end};
  for (int64_t id = 0; id < mesh.triangle_count; ++id) {
    const Box box = BoundingBox(mesh, screen, id, rows);
    if (box.Empty()) continue;
    DrawTriangle(mesh.Triangle(id), static_cast<int32_t>(id), box, image, out);
  }
}

void ResolveRows(const MeshView& mesh, ImageSize image, int row_begin, int row_end,
                 const Framebuffer& out) {
  for (int row = row_begin; row < row_end; ++row) {
    const double py = image.CenterY(row);
    for (int column = 0; column < image.width; ++column) {
      const int64_t pixel = static_cast<int64_t>(row) * image.width + column;
      float* b = out.barycentrics + 3 * pixel;
      const int32_t id = out.triangle_ids[pixel];
      Barycentrics exact;
      if (id == kNoTriangle ||
          !ComputeBarycentrics(mesh.Triangle(id), image.CenterX(column), py, &exact)) {
        out.triangle_ids[pixel] = 0;
        out.z_buffer[pixel] = 1.0f;
        std::fill(b, b + 3, 0.0f);
        continue;
      }
      for (int i = 0; i < 3; ++i) b[i] = static_cast<float>(exact.b[i]);
    }
  }
}

void AddRasterizationGradient(const MeshView& mesh, ImageSize image, const float* barycentrics,
                              const int32_t* triangle_ids, const float* d_barycentrics,
                              float* d_vertices) {
  for (int row = 0; row < image.height; ++row) {
    const double py = image.CenterY(row);
    for (int column = 0; column < image.width; ++column) {
      const int64_t pixel = static_cast<int64_t>(row) * image.width + column;
      if (!IsCovered(barycentrics + 3 * pixel)) continue;
      const int64_t id = triangle_ids[pixel];
      Barycentrics at;
      if (!ComputeBarycentrics(mesh.Triangle(id), image.CenterX(column), py, &at)) continue;
      float d_corners[3][3];
      BarycentricsGradient(at, d_barycentrics + 3 * pixel, d_corners);
      for (int i = 0; i < 3; ++i) {
        float* d_vertex = d_vertices + 4 * static_cast<int64_t>(mesh.triangles[3 * id + i]);
        d_vertex[0] += d_corners[i][0];
        d_vertex[1] += d_corners[i][1];
        d_vertex[3] += d_corners[i][2];
      }
    }
  }
}

}  // namespace mesh_renderer
