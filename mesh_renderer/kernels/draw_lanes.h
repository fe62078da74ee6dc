// Rasterization of triangles into keys.

#ifndef MESH_RENDERER_KERNELS_DRAW_LANES_H_
#define MESH_RENDERER_KERNELS_DRAW_LANES_H_

#include "edge_functions_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Triangles of a small box are drawn one a lane, those of a larger one alone, one pixel a lane.
constexpr int kLargestSmallBox = 24;

// Triangles whose boxes have one number of pixels, until there are as many as lanes.
struct Bucket {
  int32_t id[kLanes], left[kLanes], bottom[kLanes], right[kLanes];
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
    bucket->left[i] = bucket->left[0];
    bucket->bottom[i] = bucket->bottom[0];
    bucket->right[i] = bucket->right[0];
  }
  bucket->count = 0;
  const Ints id = Load<Ints>(bucket->id), left = Load<Ints>(bucket->left);
  const Ints right = Load<Ints>(bucket->right);
  const CornerLanes corners(mesh, id);
  const EdgeLanes edges(corners, culling);
  if (MaskBits(edges.is_drawn) == 0) return;
  Ints column = left, row = Load<Ints>(bucket->bottom);
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

// Coordinates in pixels to the first pixel whose center is not before them, and to the end of those
// not behind.
inline void PixelRange(Floats at, int32_t size, Ints* begin, Ints* end) {
  const Floats zero{}, limit = Fill(static_cast<float>(size));
  *begin = size - ToInts(limit - Min(Max(at - (0.5f + kBoxSlack), zero), limit));
  *end = ToInts(Min(Max(at + (0.5f + kBoxSlack), zero), limit));
}

void ProjectVertices(const ClipVertex* vertices, int64_t begin, int64_t end, ImageSize image,
                     VertexBox* boxes) {
  const float half_width = 0.5f * image.width, half_height = 0.5f * image.height;
  for (int64_t first = begin; first < end; first += kLanes) {
    const int64_t left = end - first;
    const int count = left < kLanes ? static_cast<int>(left) : kLanes;
    const Ints lane = LaneNumbers();
    const Ints index = 4 * (lane < count ? lane : FillInts(count - 1));
    const float* values = &vertices[first].x;
    const Floats w = Gather(values + 3, index);
    const Floats x = (Gather(values, index) / w + 1.0f) * half_width;
    const Floats y = (Gather(values + 1, index) / w + 1.0f) * half_height;
    const Ints projects = (w > 0.0f) & (x - x == 0.0f) & (y - y == 0.0f);
    Ints box[4];
    PixelRange(x, image.width, &box[0], &box[2]);
    PixelRange(y, image.height, &box[1], &box[3]);
    const Ints unprojected = FillInts(kUnprojected);
    box[0] = projects ? box[0] : unprojected;
    box[1] = projects ? box[1] : unprojected;
    box[2] = projects ? -box[2] : unprojected;
    box[3] = projects ? -box[3] : unprojected;
    int32_t packed[2][kLanes];
    Store((box[0] & 0xffff) | (box[1] << 16), packed[0]);
    Store((box[2] & 0xffff) | (box[3] << 16), packed[1]);
    for (int i = 0; i < count; ++i) {
      std::memcpy(&boxes[first + i], &packed[0][i], 4);
      std::memcpy(&boxes[first + i].minus_right, &packed[1][i], 4);
    }
  }
}

typedef int16_t Shorts __attribute__((vector_size(16)));
typedef int64_t Longs __attribute__((vector_size(16)));

inline Shorts LoadBox(const VertexBox* boxes, int32_t vertex) {
  const int64_t bits[2] = {Load<int64_t>(boxes + vertex), 0};
  return Load<Shorts>(bits);
}

// Distributes triangles to buckets, and draws what is ready.
class Drawing {
 public:
  Drawing(const MeshView& mesh, Culling culling, const KeyImage& image)
      : mesh_(mesh), culling_(culling), image_(image) {
    for (Bucket& bucket : buckets_) bucket.count = 0;
  }

  // A triangle whose box is not empty.
  void Add(int32_t id, Shorts box) {
    if (box[0] == kUnprojected) {
      const Box clipped = ClippedBox(mesh_.Triangle(id), image_.size);
      if (clipped.left < clipped.right && clipped.bottom < clipped.top) {
        DrawLarge(mesh_, culling_, image_, id, clipped);
      }
      return;
    }
    const int32_t left = box[0], bottom = box[1], right = -box[2], top = -box[3];
    const int32_t pixels = (right - left) * (top - bottom);
    if (pixels > kLargestSmallBox) {
      DrawLarge(mesh_, culling_, image_, id, {left, bottom, right, top});
      return;
    }
    Bucket& bucket = buckets_[pixels];
    const int i = bucket.count++;
    bucket.id[i] = id;
    bucket.left[i] = left;
    bucket.bottom[i] = bottom;
    bucket.right[i] = right;
    if (bucket.count == kLanes) DrawBucket(mesh_, culling_, image_, pixels, &bucket);
  }

  void Finish() {
    for (int pixels = 1; pixels <= kLargestSmallBox; ++pixels) {
      if (buckets_[pixels].count == 0) continue;
      DrawBucket(mesh_, culling_, image_, pixels, &buckets_[pixels]);
    }
  }

 private:
  const MeshView& mesh_;
  const Culling culling_;
  const KeyImage& image_;
  Bucket buckets_[kLargestSmallBox + 1];
};

// Most triangles of a fine mesh cover no pixel's center: their boxes are found to be empty here, a
// few at a time and without a branch.
constexpr int kBlock = 256;

// Draws triangles [begin, end) into keys.
void DrawTriangles(const MeshView& mesh, const VertexBox* boxes, int64_t begin, int64_t end,
                   Culling culling, const KeyImage& image) {
  Drawing drawing(mesh, culling, image);
  int32_t ids[kBlock];
  Shorts found[kBlock];
  for (int64_t first = begin; first < end; first += kBlock) {
    const int64_t last = end - first < kBlock ? end : first + kBlock;
    int count = 0;
    for (int64_t id = first; id < last; ++id) {
      const int32_t* corner = mesh.triangles + 3 * id;
      const Shorts a = LoadBox(boxes, corner[0]), b = LoadBox(boxes, corner[1]);
      const Shorts c = LoadBox(boxes, corner[2]);
      const Shorts ab = a < b ? a : b;
      const Shorts box = ab < c ? ab : c;
      // left - right and bottom - top: both are negative unless the box is empty.
      const auto halves = reinterpret_cast<Longs>(box);
      const Shorts sizes = box + reinterpret_cast<Shorts>(halves >> 32);
      const auto signs = static_cast<uint32_t>(reinterpret_cast<Longs>(sizes)[0]) & 0x80008000u;
      ids[count] = static_cast<int32_t>(id);
      found[count] = box;
      count += signs == 0x80008000u;
    }
    for (int i = 0; i < count; ++i) drawing.Add(ids[i], found[i]);
  }
  drawing.Finish();
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_DRAW_LANES_H_
