// Sums over pixels, brought together in an order that does not depend on the number of threads.

#ifndef MESH_RENDERER_KERNELS_LIGHTING_SUMS_H_
#define MESH_RENDERER_KERNELS_LIGHTING_SUMS_H_

#include <vector>

#include "phong.h"

namespace mesh_renderer {

// Adds the lanes of one unit of work to sums.
inline void AddLanes(const float* lane_sums, int64_t count, float* sums) {
  for (int64_t i = 0; i < count; ++i) {
    for (int lane = 0; lane < kMaxLanes; ++lane) sums[i] += lane_sums[i * kMaxLanes + lane];
  }
}

// Adds up the sums of several units of work in order.
inline std::vector<float> AddUnits(const float* sums, int64_t units, int64_t count) {
  std::vector<float> total(count, 0.0f);
  for (int64_t i = 0; i < units * count; ++i) total[i % count] += sums[i];
  return total;
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_LIGHTING_SUMS_H_
