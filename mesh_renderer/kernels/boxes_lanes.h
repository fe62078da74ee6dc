// Boxes of pixels around triangles, and which of them are not empty.

#ifndef MESH_RENDERER_KERNELS_BOXES_LANES_H_
#define MESH_RENDERER_KERNELS_BOXES_LANES_H_

#include "lanes.h"
#include "visibility.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

// Turns coordinates in pixels into the range of pixels of which a triangle with such a corner may
// cover some: the first whose center is not before the corner, the end of those not behind it.
inline void PixelRange(Floats at, int32_t size, Ints* begin, Ints* end) {
  const Floats zero{}, limit = Fill(static_cast<float>(size));
  const float reach = 0.5f + kBoxSlack * size;
  *begin = size - ToInts(limit - Min(Max(at - reach, zero), limit));
  *end = ToInts(Min(Max(at + reach, zero), limit));
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
    const Floats clip_x = Gather(values, index), clip_y = Gather(values + 1, index);
    const Floats z = Gather(values + 2, index), deepest = kDeepest * w;
    const Floats x = (clip_x / w + 1.0f) * half_width, y = (clip_y / w + 1.0f) * half_height;
    // No comparison accepts NaN.
    const Floats largest = Max(Abs(clip_x), Abs(clip_y));
    const Ints projects = (w > 0.0f) & (w <= kLargestCoordinate) & (z >= -deepest) &
                          (z <= deepest) & (largest <= kLargestCoordinate) & (x - x == 0.0f) &
                          (y - y == 0.0f);
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
  return reinterpret_cast<Shorts>(Longs{Load<int64_t>(boxes + vertex), 0});
}

// The number of triangles that are looked at in a block.
constexpr int kBlock = 512;

// The triangles of a block whose boxes are not empty. Most triangles of a fine mesh cover no
// pixel's center. Here they are dropped without a branch.
struct BoxedTriangles {
  int count;
  // Writes may reach up to eight entries past those that are kept.
  int32_t ids[kBlock + 8];
  VertexBox boxes[kBlock + 8];

  void Find(const MeshView& mesh, const VertexBox* vertices, int64_t first, int number) {
    count = 0;
    int done = 0;
#if defined(__AVX512BW__)
    for (; done + 8 <= number; done += 8) AddEight(mesh, vertices, first + done);
#endif
    for (; done < number; ++done) AddOne(mesh, vertices, first + done);
  }

 private:
  void AddOne(const MeshView& mesh, const VertexBox* vertices, int64_t id) {
    const int32_t* corner = mesh.triangles + 3 * id;
    const Shorts a = LoadBox(vertices, corner[0]), b = LoadBox(vertices, corner[1]);
    const Shorts c = LoadBox(vertices, corner[2]);
    const Shorts ab = a < b ? a : b;
    const Shorts box = ab < c ? ab : c;
    // left - right and bottom - top: both are negative unless the box is empty.
    const auto bits = reinterpret_cast<Longs>(box);
    const Shorts sizes = box + reinterpret_cast<Shorts>(bits >> 32);
    const auto signs = static_cast<uint32_t>(reinterpret_cast<Longs>(sizes)[0]) & 0x80008000u;
    ids[count] = static_cast<int32_t>(id);
    Store(bits[0], &boxes[count]);
    count += signs == 0x80008000u;
  }

#if defined(__AVX512BW__)
  // Does what AddOne does for eight triangles at once.
  void AddEight(const MeshView& mesh, const VertexBox* vertices, int64_t id) {
    const int32_t* corners = mesh.triangles + 3 * id;
    const __m512i low = _mm512_loadu_si512(corners);
    const __m512i high =
        _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(corners + 16)));
    const __m512i every_third =
        _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 0, 0, 0, 0, 0, 0, 0, 0);
    __m512i box = _mm512_set1_epi16(INT16_MAX);
    for (int i = 0; i < 3; ++i) {
      const __m512i from = _mm512_add_epi32(every_third, _mm512_set1_epi32(i));
      const __m512i corner = _mm512_permutex2var_epi32(low, from, high);
      const __m512i of_corner = _mm512_mask_i32gather_epi64(
          _mm512_setzero_si512(), 0xff, _mm512_castsi512_si256(corner), vertices, 8);
      box = _mm512_min_epi16(box, of_corner);
    }
    const __m512i sizes = _mm512_add_epi16(box, _mm512_srli_epi64(box, 32));
    const __m512i signs = _mm512_set1_epi64(0x80008000);
    const __mmask8 kept = _mm512_cmpeq_epi64_mask(_mm512_and_si512(sizes, signs), signs);
    const __m256i numbers = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int32_t>(id)),
                                             _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    // This compresses in registers, since some processors are slow to compress into memory.
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(ids + count),
                        _mm256_maskz_compress_epi32(kept, numbers));
    _mm512_storeu_si512(boxes + count, _mm512_maskz_compress_epi64(kept, box));
    count += __builtin_popcount(kept);
  }
#endif
};

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_BOXES_LANES_H_
