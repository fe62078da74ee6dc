// Rasterization of triangles into keys.

#ifndef MESH_RENDERER_KERNELS_DRAW_LANES_H_
#define MESH_RENDERER_KERNELS_DRAW_LANES_H_

#include "boxes_lanes.h"
#include "edge_functions_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Triangles whose boxes have no longer side than this are drawn together, each in a lane of its
// own. Others are drawn alone, each pixel in a lane of its own.
constexpr int kLargestSmallSide = 8;

// A collection of triangles whose boxes have the same width and height, of as many as there are
// lanes.
struct Bucket {
  int32_t id[kLanes];
  VertexBox box[kLanes];
  int count;
};

// A collection of places where triangles are seen. They are kept until there are many, so that no
// branch depends on how many a vector of triangles finds.
class Sightings {
 public:
  explicit Sightings(const KeyImage& image) : image_(image) {}

  void Add(Ints seen, Ints pixel, Floats depth, Ints id) {
    const uint32_t mask = MaskBits(seen);
    StoreCompressed(pixel, mask, pixel_ + count_);
    StoreCompressed(SortableDepth(depth), mask, depth_ + count_);
    StoreCompressed(~id, mask, inverted_id_ + count_);
    count_ += __builtin_popcount(mask);
    if (count_ > kMost) Draw();
  }
  // Keeps the nearest triangle of each pixel.
  void Draw() {
    for (int i = 0; i < count_; ++i) {
      const Key key = static_cast<Key>(static_cast<uint32_t>(depth_[i])) << 32 |
                      static_cast<uint32_t>(inverted_id_[i]);
      Key* shown = image_.keys + pixel_[i];
      *shown = key < *shown ? key : *shown;
    }
    count_ = 0;
  }

 private:
  static constexpr int kMost = 1024;

  const KeyImage& image_;
  int count_ = 0;
  int32_t pixel_[kMost + 2 * kLanes], depth_[kMost + 2 * kLanes];
  int32_t inverted_id_[kMost + 2 * kLanes];
};

// Draws the triangles of a bucket, each in a lane: the first pixel of each box, then the second,
// and so on.
inline void DrawBucket(const MeshView& mesh, Culling culling, const KeyImage& image, int width,
                       int height, Bucket* bucket, Sightings* sightings) {
  for (int i = bucket->count; i < kLanes; ++i) {
    bucket->id[i] = bucket->id[0];
    bucket->box[i] = bucket->box[0];
  }
  bucket->count = 0;
  const CornerLanes corners(mesh, bucket->id);
  const EdgeLanes edges(corners, culling);
  if (MaskBits(edges.is_drawn) == 0) return;
  Ints left_bottom, unused;
  Deinterleave(Load<Ints>(bucket->box), Load<Ints>(bucket->box + kLanes / 2), &left_bottom,
               &unused);
  const Ints id = Load<Ints>(bucket->id);
  const Ints left = left_bottom << 16 >> 16, bottom = left_bottom >> 16;
  Floats of_column[kLargestSmallSide][3];
  for (int i = 0; i < width; ++i) {
    edges.OfColumn(Gather(image.centers.x + i, left), of_column[i]);
  }
  Ints first = bottom * image.size.width + left;
  for (int j = 0; j < height; ++j) {
    Floats of_row[3];
    edges.OfRow(Gather(image.centers.y + j, bottom), of_row);
    for (int i = 0; i < width; ++i) {
      Floats depth;
      const Ints seen = edges.Test(corners, of_column[i], of_row, &depth);
      sightings->Add(seen, first + i, depth, id);
    }
    first += image.size.width;
  }
}

// Narrows [*begin, *end) to the columns of a row where an edge function can be 0 or more, given
// that rounding may lift it by `slack`. `per_a` is 1 / a.
inline void NarrowSpan(double a, double per_a, double rest, double slack, int32_t width,
                       int32_t* begin, int32_t* end) {
  if (a == 0.0) {
    if (rest + slack < 0.0) *end = *begin;
    return;
  }
  // This is the column, between centers, at which the function crosses -slack.
  double column = ((-slack - rest) * per_a + 1.0) * 0.5 * width - 0.5;
  if (!(column - column == 0.0)) return;
  column = column < -2.0 ? -2.0 : column > width + 2.0 ? width + 2.0 : column;
  const auto whole = static_cast<int32_t>(column);
  if (a > 0.0 && whole - 1 > *begin) *begin = whole - 1;
  if (a < 0.0 && whole + 2 < *end) *end = whole + 2;
}

// Draws one triangle row by row, each pixel in a lane.
inline void DrawLarge(const MeshView& mesh, Culling culling, const KeyImage& image, int32_t id,
                      const Box& box, Sightings* sightings) {
  const IntArray ids(FillInts(id));
  const CornerLanes corners(mesh, ids.lane);
  const EdgeLanes edges(corners, culling);
  if (MaskBits(edges.is_drawn) == 0) return;
  double a[3], per_a[3], b[3], c[3], slack[3];
  for (int i = 0; i < 3; ++i) {
    a[i] = edges.a[i][0], b[i] = edges.b[i][0], c[i] = edges.c[i][0];
    per_a[i] = a[i] == 0.0 ? 0.0 : 1.0 / a[i];
    slack[i] = 4e-7 * (__builtin_fabs(a[i]) + __builtin_fabs(b[i]) + __builtin_fabs(c[i]));
  }
  for (int32_t row = box.bottom; row < box.top; ++row) {
    const float py = image.centers.y[row];
    int32_t begin = box.left, end = box.right;
    for (int i = 0; i < 3; ++i) {
      NarrowSpan(a[i], per_a[i], b[i] * py + c[i], slack[i], image.size.width, &begin, &end);
    }
    Floats of_row[3];
    edges.OfRow(Fill(py), of_row);
    for (int32_t first = begin; first < end; first += kLanes) {
      const Ints column = first + LaneNumbers();
      const Ints in_row = column < end;
      const Ints safe = in_row ? column : FillInts(first);
      Floats of_column[3], depth;
      edges.OfColumn(Gather(image.centers.x, safe), of_column);
      const Ints seen = in_row & edges.Test(corners, of_column, of_row, &depth);
      sightings->Add(seen, row * image.size.width + column, depth, FillInts(id));
    }
  }
}

// Distributes triangles to buckets, and draws full buckets.
class Drawing {
 public:
  Drawing(const MeshView& mesh, Culling culling, const KeyImage& image)
      : mesh_(mesh), culling_(culling), image_(image), sightings_(image) {
    for (auto& row : buckets_) {
      for (Bucket& bucket : row) bucket.count = 0;
    }
  }

  // Adds a triangle whose box is not empty.
  void Add(int32_t id, const VertexBox& box) {
    const int width = -(box.left + box.minus_right), height = -(box.bottom + box.minus_top);
    // A triangle with a vertex that has no box seems to have one larger than any.
    if (width > kLargestSmallSide || height > kLargestSmallSide) return AddLarge(id, box);
    Bucket& bucket = buckets_[height - 1][width - 1];
    const int i = bucket.count++;
    bucket.id[i] = id;
    bucket.box[i] = box;
    if (i == kLanes - 1) Draw(width, height);
  }

  void Finish() {
    for (int height = 1; height <= kLargestSmallSide; ++height) {
      for (int width = 1; width <= kLargestSmallSide; ++width) {
        if (buckets_[height - 1][width - 1].count > 0) Draw(width, height);
      }
    }
    sightings_.Draw();
  }

 private:
  void Draw(int width, int height) {
    DrawBucket(mesh_, culling_, image_, width, height, &buckets_[height - 1][width - 1],
               &sightings_);
  }
  void AddLarge(int32_t id, const VertexBox& box) {
    if (box.left == kUnprojected) return AddClipped(id);
    DrawLarge(mesh_, culling_, image_, id, {box.left, box.bottom, -box.minus_right, -box.minus_top},
              &sightings_);
  }
  void AddClipped(int32_t id) {
    const Box box = ClippedBox(mesh_.Triangle(id), image_.size);
    if (box.left >= box.right || box.bottom >= box.top) return;
    Add(id, {static_cast<int16_t>(box.left), static_cast<int16_t>(box.bottom),
             static_cast<int16_t>(-box.right), static_cast<int16_t>(-box.top)});
  }

  const MeshView& mesh_;
  const Culling culling_;
  const KeyImage& image_;
  Sightings sightings_;
  Bucket buckets_[kLargestSmallSide][kLargestSmallSide];
};

// Draws triangles [begin, end) into keys.
void DrawTriangles(const MeshView& mesh, const VertexBox* boxes, int64_t begin, int64_t end,
                   Culling culling, const KeyImage& image) {
  Drawing drawing(mesh, culling, image);
  BoxedTriangles found;
  for (int64_t first = begin; first < end; first += kBlock) {
    const int count = end - first < kBlock ? static_cast<int>(end - first) : kBlock;
    found.Find(mesh, boxes, first, count);
    for (int i = 0; i < found.count; ++i) drawing.Add(found.ids[i], found.boxes[i]);
  }
  drawing.Finish();
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_DRAW_LANES_H_
