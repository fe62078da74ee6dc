// What decides which triangle a pixel shows.

#ifndef MESH_RENDERER_KERNELS_VISIBILITY_H_
#define MESH_RENDERER_KERNELS_VISIBILITY_H_

#include "clipping.h"

namespace mesh_renderer {

// The largest number of columns and of rows. With it boxes and their sums fit 16 bits.
constexpr int32_t kLargestSide = 16383;

// What one vertex contributes to the box of a triangle: the first column and row whose centers are
// not before it, and the negated end of those not behind it. The smallest of three such values is
// the triangle's. All four are kUnprojected where the vertex has no image, because it lies behind
// the eye or on the eye plane or is not sane; and where it lies so far before the near plane or
// behind the far plane that little of the box would be seen.
struct VertexBox {
  int16_t left, bottom, minus_right, minus_top;
};
constexpr int16_t kUnprojected = -16384;

// The largest |z| / w, where near and far plane are at 1, of a vertex that has a box.
constexpr float kDeepest = 4.0f;

// Boxes are larger than the triangle by this share of the image's side, so that in spite of
// rounding they hold every pixel that the edge functions accept. Rounding shifts the edge of a
// triangle by about 2e-7 of the image divided by the edge's length as a share of the image.
constexpr float kBoxSlack = 1.0f / 16384;

// What a pixel shows so far. The upper half holds the depth, as an unsigned number that compares as
// depths do; the lower half holds the inverted triangle id, so that of equal depths the later
// triangle has the smaller key. The order of drawing does not matter.
using Key = uint64_t;
constexpr Key kEmptyKey = ~Key{0};

// The triangle id of a pixel that shows none.
constexpr int32_t kNoTriangle = -1;

// Which triangles are not drawn. The winding is that of their corners as seen in an image whose y
// axis points up.
enum class Culling : int32_t { kNone = 0, kClockwise = 1, kCounterClockwise = 2 };

// Normalized device coordinates of the pixels' centers, [width] and [height].
struct PixelCenters {
  const float *x, *y;
};

// The image that is drawn to.
struct KeyImage {
  ImageSize size;
  PixelCenters centers;
  Key* keys;  // [height, width]
};

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_VISIBILITY_H_
