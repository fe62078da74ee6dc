// Rasterization of triangles into keys.

#ifndef MESH_RENDERER_KERNELS_DRAW_LANES_H_
#define MESH_RENDERER_KERNELS_DRAW_LANES_H_

#include "boxes_lanes.h"
#include "edge_functions_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Triangles of a small box are drawn one a lane, those of a larger one alone, one pixel a lane.
constexpr int kLargestSmallBox = 24;

// Triangles whose boxes have one number of pixels, until there are as many as lanes.
struct Bucket {
  int32_t id[kLanes];
  VertexBox box[kLanes];
  int count;
};

inline void Draw(const KeyImage& image, uint32_t mask, Ints pixel, Ints depth, Ints id) {
  while (mask != 0) {
    const int lane = __builtin_ctz(mask);
    mask &= mask - 1;
    const Key key = static_cast<Key>(static_cast<uint32_t>(depth[lane])) << 32 |
                    static_cast<uint32_t>(~id[lane]);
    Key* shown = image.keys + pixel[lane];
    *shown = key < *shown ? key : *shown;
  }
}

// Draws the triangles of a bucket, one a lane: the first pixel of each box, the second, ...
inline void DrawBucket(const MeshView& mesh, Culling culling, const KeyImage& image, int pixels,
                       Bucket* bucket) {
  for (int i = bucket->count; i < kLanes; ++i) {
    bucket->id[i] = bucket->id[0];
    bucket->box[i] = bucket->box[0];
  }
  bucket->count = 0;
  const Ints id = Load<Ints>(bucket->id);
  Ints left_bottom, minus_right_top;
  Deinterleave(Load<Ints>(bucket->box), Load<Ints>(bucket->box + kLanes / 2), &left_bottom,
               &minus_right_top);
  const Ints left = left_bottom << 16 >> 16, right = -(minus_right_top << 16 >> 16);
  const CornerLanes corners(mesh, id);
  const EdgeLanes edges(corners, culling);
  if (MaskBits(edges.is_drawn) == 0) return;
  Ints column = left, row = left_bottom >> 16;
  for (int k = 0; k < pixels; ++k) {
    Floats depth{};
    const Ints seen =
        edges.Test(corners, Gather(image.centers.x, column), Gather(image.centers.y, row), &depth);
    Draw(image, MaskBits(seen), row * image.size.width + column, SortableDepth(depth), id);
    ++column;
    const Ints at_end = column >= right;
    column = at_end ? left : column;
    row -= at_end;
  }
}

// Narrows [*begin, *end) to the columns of a row where an edge function can be 0 or more, given
// that rounding may lift it by `slack`.
inline void NarrowSpan(double a, double rest, double slack, int32_t width, int32_t* begin,
                       int32_t* end) {
  if (a == 0.0) {
    if (rest + slack < 0.0) *end = *begin;
    return;
  }
  // The column, between centers, at which the function crosses -slack.
  double column = ((-slack - rest) / a + 1.0) * 0.5 * width - 0.5;
  if (!(column - column == 0.0)) return;
  column = column < -2.0 ? -2.0 : column > width + 2.0 ? width + 2.0 : column;
  const auto whole = static_cast<int32_t>(column);
  if (a > 0.0 && whole - 1 > *begin) *begin = whole - 1;
  if (a < 0.0 && whole + 2 < *end) *end = whole + 2;
}

// Draws one triangle, row by row, one pixel a lane.
inline void DrawLarge(const MeshView& mesh, Culling culling, const KeyImage& image, int32_t id,
                      const Box& box) {
  const CornerLanes corners(mesh, FillInts(id));
  const EdgeLanes edges(corners, culling);
  if (MaskBits(edges.is_drawn) == 0) return;
  double a[3], b[3], c[3], slack[3];
  for (int i = 0; i < 3; ++i) {
    a[i] = edges.a[i][0], b[i] = edges.b[i][0], c[i] = edges.c[i][0];
    slack[i] = 4e-7 * (__builtin_fabs(a[i]) + __builtin_fabs(b[i]) + __builtin_fabs(c[i]));
  }
  for (int32_t row = box.bottom; row < box.top; ++row) {
    const float py = image.centers.y[row];
    int32_t begin = box.left, end = box.right;
    for (int i = 0; i < 3; ++i) {
      NarrowSpan(a[i], b[i] * py + c[i], slack[i], image.size.width, &begin, &end);
    }
    for (int32_t first = begin; first < end; first += kLanes) {
      const Ints column = first + LaneNumbers();
      const Ints in_row = column < end;
      const Ints safe = in_row ? column : FillInts(first);
      Floats depth{};
      const Ints seen =
          in_row & edges.Test(corners, Gather(image.centers.x, safe), Fill(py), &depth);
      Draw(image, MaskBits(seen), row * image.size.width + column, SortableDepth(depth),
           FillInts(id));
    }
  }
}

// Distributes triangles to buckets, and draws what is ready.
class Drawing {
 public:
  Drawing(const MeshView& mesh, Culling culling, const KeyImage& image)
      : mesh_(mesh), culling_(culling), image_(image) {
    for (Bucket& bucket : buckets_) bucket.count = 0;
  }

  // A triangle whose box is not empty, and the number of pixels in it.
  void Add(int32_t id, const VertexBox& box, int32_t pixels) {
    if (pixels > kLargestSmallBox) return AddLarge(id, box);
    Bucket& bucket = buckets_[pixels];
    const int i = bucket.count++;
    bucket.id[i] = id;
    bucket.box[i] = box;
    if (i == kLanes - 1) DrawBucket(mesh_, culling_, image_, pixels, &bucket);
  }

  void Finish() {
    for (int pixels = 1; pixels <= kLargestSmallBox; ++pixels) {
      if (buckets_[pixels].count == 0) continue;
      DrawBucket(mesh_, culling_, image_, pixels, &buckets_[pixels]);
    }
  }

 private:
  void AddLarge(int32_t id, const VertexBox& vertex_box) {
    Box box{vertex_box.left, vertex_box.bottom, -vertex_box.minus_right, -vertex_box.minus_top};
    if (box.left == kUnprojected) box = ClippedBox(mesh_.Triangle(id), image_.size);
    if (box.left >= box.right || box.bottom >= box.top) return;
    DrawLarge(mesh_, culling_, image_, id, box);
  }

  const MeshView& mesh_;
  const Culling culling_;
  const KeyImage& image_;
  Bucket buckets_[kLargestSmallBox + 1];
};

// Draws triangles [begin, end) into keys.
void DrawTriangles(const MeshView& mesh, const VertexBox* boxes, int64_t begin, int64_t end,
                   Culling culling, const KeyImage& image) {
  Drawing drawing(mesh, culling, image);
  BoxedTriangles found;
  for (int64_t first = begin; first < end; first += kBlock) {
    const int count = end - first < kBlock ? static_cast<int>(end - first) : kBlock;
    found.Find(mesh, boxes, first, count);
    for (int i = 0; i < found.count; ++i)
      drawing.Add(found.ids[i], found.boxes[i], found.pixels[i]);
  }
  drawing.Finish();
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_DRAW_LANES_H_
