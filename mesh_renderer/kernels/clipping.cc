#include "clipping.h"

#include <algorithm>

namespace mesh_renderer {
namespace {

constexpr Box kEmptyBox{0, 0, 0, 0};

struct Point {
  double x, y, z, w;
};

// A triangle cut by six planes has at most nine corners.
struct Polygon {
  Point corners[9];
  int count;
};

// Tells how far a point is inside plane 0 to 5: -w <= x, x <= w, and so for y and z.
double Inside(const Point& p, int plane) {
  const double along = plane < 2 ? p.x : plane < 4 ? p.y : p.z;
  return plane % 2 == 0 ? p.w + along : p.w - along;
}

Point Crossing(const Point& a, const Point& b, double inside_a, double inside_b) {
  const double t = inside_a / (inside_a - inside_b);
  return {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), a.z + t * (b.z - a.z),
          a.w + t * (b.w - a.w)};
}

// Sets a bit for each plane that the point is outside of.
unsigned Outside(const Point& p) {
  unsigned planes = 0;
  for (int plane = 0; plane < 6; ++plane) planes |= unsigned{Inside(p, plane) < 0.0} << plane;
  return planes;
}

// Cuts by the algorithm of Sutherland and Hodgman (1974).
Polygon CutByPlane(const Polygon& polygon, int plane) {
  Polygon out{{}, 0};
  for (int i = 0; i < polygon.count; ++i) {
    const Point& a = polygon.corners[i];
    const Point& b = polygon.corners[(i + 1) % polygon.count];
    const double inside_a = Inside(a, plane), inside_b = Inside(b, plane);
    if (inside_a >= 0.0 && out.count < 9) out.corners[out.count++] = a;
    const bool crosses = (inside_a >= 0.0) != (inside_b >= 0.0);
    if (crosses && out.count < 9) out.corners[out.count++] = Crossing(a, b, inside_a, inside_b);
  }
  return out;
}

int32_t ToPixel(double ndc, int32_t size, double offset) {
  const double pixel = std::floor((ndc + 1.0) * 0.5 * size + offset);
  return static_cast<int32_t>(std::min(std::max(pixel, 0.0), static_cast<double>(size)));
}

}  // namespace

Box ClippedBox(const ClipTriangle& triangle, ImageSize image) {
  if (!IsSane(triangle)) return kEmptyBox;
  Polygon polygon{{}, 3};
  for (int i = 0; i < 3; ++i) {
    const ClipVertex& v = triangle.v[i];
    polygon.corners[i] = {v.x, v.y, v.z, v.w};
  }
  // Most triangles are cut by one plane, or lie outside one altogether.
  unsigned some_outside = 0, all_outside = ~0u;
  for (int i = 0; i < 3; ++i) {
    const unsigned outside = Outside(polygon.corners[i]);
    some_outside |= outside, all_outside &= outside;
  }
  if (all_outside != 0) return kEmptyBox;
  for (int plane = 5; plane >= 0; --plane) {
    if ((some_outside >> plane & 1) == 0) continue;
    polygon = CutByPlane(polygon, plane);
    if (polygon.count == 0) return kEmptyBox;
  }
  Box box{image.width, image.height, 0, 0};
  for (int i = 0; i < polygon.count; ++i) {
    const Point& p = polygon.corners[i];
    // Only the eye itself has w = 0 inside the frustum: it is seen everywhere.
    if (!(p.w > 0.0)) return {0, 0, image.width, image.height};
    box.left = std::min(box.left, ToPixel(p.x / p.w, image.width, -1.0));
    box.right = std::max(box.right, ToPixel(p.x / p.w, image.width, 2.0));
    box.bottom = std::min(box.bottom, ToPixel(p.y / p.w, image.height, -1.0));
    box.top = std::max(box.top, ToPixel(p.y / p.w, image.height, 2.0));
  }
  return box;
}

}  // namespace mesh_renderer
