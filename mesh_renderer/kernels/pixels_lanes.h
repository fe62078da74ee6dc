// What pixels show, which is found from their keys, and lists of those that show something.

#ifndef MESH_RENDERER_KERNELS_PIXELS_LANES_H_
#define MESH_RENDERER_KERNELS_PIXELS_LANES_H_

#include "covered_pixels.h"
#include "lanes.h"
#include "visibility.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

typedef uint64_t Keys __attribute__((vector_size(4 * kLanes)));

// Finds the nearest key of each of up to kLanes pixels, where the keys of pixel i lie at
// keys + part * stride + i.
inline void NearestKeys(const Key* keys, int parts, int64_t stride, int count, Keys out[2]) {
  Key nearest[kLanes] = {};
  std::memcpy(nearest, keys, count * sizeof(Key));
  for (int part = 1; part < parts; ++part) {
    for (int i = 0; i < count; ++i) {
      const Key key = keys[part * stride + i];
      nearest[i] = key < nearest[i] ? key : nearest[i];
    }
  }
  out[0] = Load<Keys>(nearest), out[1] = Load<Keys>(nearest + kLanes / 2);
}

// Writes triangle ids (kNoTriangle where empty) and depths (1 where empty) of pixels [begin, end),
// from `parts` arrays of keys, `stride` apart.
void ResolveKeys(const Key* keys, int parts, int64_t stride, int64_t begin, int64_t end,
                 int32_t* ids, float* depths) {
  for (int64_t first = begin; first < end; first += kLanes) {
    const int count = end - first < kLanes ? static_cast<int>(end - first) : kLanes;
    Keys nearest[2] = {};
    if (parts == 1 && count == kLanes) {
      nearest[0] = Load<Keys>(keys + first), nearest[1] = Load<Keys>(keys + first + kLanes / 2);
    } else {
      NearestKeys(keys + first, parts, stride, count, nearest);
    }
    Ints inverted_id, sortable;
    Deinterleave(reinterpret_cast<Ints>(nearest[0]), reinterpret_cast<Ints>(nearest[1]),
                 &inverted_id, &sortable);
    // An empty key has a depth that no triangle has.
    const Ints is_empty = sortable == -1;
    const Ints depth = sortable < 0 ? sortable & INT32_MAX : ~sortable;
    StorePartial(Select(is_empty, Fill(1.0f), BitsToFloats(depth)), count, depths + first);
    const Ints id = is_empty ? FillInts(kNoTriangle) : ~inverted_id;
    StorePartial(BitsToFloats(id), count, reinterpret_cast<float*>(ids + first));
  }
}

// Lists the pixels of rows [begin, end) that have a triangle, given all ids of the image; returns
// their number. The list needs room for one entry a pixel and kMaxLanes more.
int64_t ListCoveredPixels(const int32_t* triangle_ids, ImageSize image, int32_t begin, int32_t end,
                          CoveredPixel* list) {
  CoveredPixel* next = list;
  for (int32_t row = begin; row < end; ++row) {
    const int32_t* ids = triangle_ids + static_cast<int64_t>(row) * image.width;
    for (int32_t first = 0; first < image.width; first += kLanes) {
      const int count = image.width - first < kLanes ? image.width - first : kLanes;
      const Ints id = FloatBits(LoadPartial(reinterpret_cast<const float*>(ids + first), count));
      const Ints lane = LaneNumbers();
      const uint32_t mask = MaskBits((id != kNoTriangle) & (lane < count));
      alignas(4 * kLanes) int32_t positions[2 * kLanes], covered[2 * kLanes];
      StoreCompressed((row << 16) | (first + lane), mask, positions);
      StoreCompressed(id, mask, covered);
      Ints low, high;
      Interleave(Load<Ints>(positions), Load<Ints>(covered), &low, &high);
      Store(low, next);
      Store(high, next + kLanes / 2);
      next += __builtin_popcount(mask);
    }
  }
  return next - list;
}

// Tells whether all values lie in [low, last].
bool AreInRange(const int32_t* values, int64_t count, int32_t low, int32_t last) {
  typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
  // For a value outside, its distance from the first valid value or to the last has the sign bit
  // set.
  Words signs{};
  uint32_t rest = 0;
  const auto smallest = static_cast<uint32_t>(low), largest = static_cast<uint32_t>(last);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Words value = Load<Words>(values + i);
    signs |= (value - smallest) | (largest - value);
  }
  for (; i < count; ++i) {
    const auto value = static_cast<uint32_t>(values[i]);
    rest |= (value - smallest) | (largest - value);
  }
  return MaskBits(reinterpret_cast<Ints>(signs) < 0) == 0 && static_cast<int32_t>(rest) >= 0;
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_PIXELS_LANES_H_
