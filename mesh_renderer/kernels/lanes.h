// Vectors of the widest registers that the including file is compiled for: one value a lane.
//
// Everything that works on lanes lives in a namespace named after its instruction set and has
// internal linkage, so that the linker never takes code for one processor into another's path.

#ifndef MESH_RENDERER_KERNELS_LANES_H_
#define MESH_RENDERER_KERNELS_LANES_H_

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define MESH_RENDERER_ISA avx512
#define MESH_RENDERER_LANES 16
#elif defined(__AVX2__)
#define MESH_RENDERER_ISA avx2
#define MESH_RENDERER_LANES 8
#else
#define MESH_RENDERER_ISA baseline
#define MESH_RENDERER_LANES 4
#endif

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {
namespace {

constexpr int kLanes = MESH_RENDERER_LANES;

typedef float Floats __attribute__((vector_size(4 * kLanes)));
// Also masks, as comparisons give them: -1 where true, 0 where false.
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));

inline Floats Fill(float value) { return value - Floats{}; }
inline Ints FillInts(int32_t value) { return value - Ints{}; }
inline Floats ToFloats(Ints a) { return __builtin_convertvector(a, Floats); }
inline Ints ToInts(Floats a) { return __builtin_convertvector(a, Ints); }
inline Floats BitsToFloats(Ints a) { return reinterpret_cast<Floats>(a); }
inline Ints FloatBits(Floats a) { return reinterpret_cast<Ints>(a); }

inline Floats Select(Ints mask, Floats a, Floats b) { return mask ? a : b; }
// The second operand where either is NaN.
inline Floats Min(Floats a, Floats b) { return a < b ? a : b; }
inline Floats Max(Floats a, Floats b) { return a > b ? a : b; }

template <typename T>
inline T Load(const void* from) {
  T out;
  std::memcpy(&out, from, sizeof(T));
  return out;
}

template <typename T>
inline void Store(const T& value, void* to) {
  std::memcpy(to, &value, sizeof(T));
}

inline Floats Sqrt(Floats a) {
  for (int i = 0; i < kLanes; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
}

// In an order of its own for each number of lanes.
inline float SumOfLanes(Floats a) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps(a);
#endif
  float sum = 0.0f;
  for (int i = 0; i < kLanes; ++i) sum += a[i];
  return sum;
}

// One bit a lane.
inline uint32_t MaskBits(Ints mask) {
#if defined(__AVX512DQ__)
  return _mm512_movepi32_mask(reinterpret_cast<__m512i>(mask));
#elif defined(__AVX2__)
  return _mm256_movemask_ps(reinterpret_cast<__m256>(mask));
#elif defined(__SSE2__)
  return _mm_movemask_ps(reinterpret_cast<__m128>(mask));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kLanes; ++i) bits |= (mask[i] & 1u) << i;
  return bits;
#endif
}

inline Ints LaneNumbers() {
  Ints numbers{};
  for (int i = 0; i < kLanes; ++i) numbers[i] = i;
  return numbers;
}

// The first `count` values at `from`; the other lanes are 0.
inline Floats LoadPartial(const float* from, int count) {
  if (count == kLanes) return Load<Floats>(from);
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#else
  Floats out{};
  for (int i = 0; i < count; ++i) out[i] = from[i];
  return out;
#endif
}

inline void StorePartial(Floats value, int count, float* to) {
  if (count == kLanes) return Store(value, to);
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), value);
#else
  for (int i = 0; i < count; ++i) to[i] = value[i];
#endif
}

// base[index] of each lane.
inline Floats Gather(const float* base, Ints index) {
#if defined(__AVX512F__)
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), 0xffff, reinterpret_cast<__m512i>(index),
                                  base, 4);
#elif defined(__AVX2__)
  return _mm256_i32gather_ps(base, reinterpret_cast<__m256i>(index), 4);
#else
  Floats out{};
  for (int i = 0; i < kLanes; ++i) out[i] = base[index[i]];
  return out;
#endif
}

// base[index] = value in the first `count` lanes.
inline void Scatter(Floats value, Ints index, int count, float* base) {
#if defined(__AVX512F__)
  const __mmask16 mask = static_cast<__mmask16>((1u << count) - 1);
  _mm512_mask_i32scatter_ps(base, mask, reinterpret_cast<__m512i>(index), value, 4);
#else
  for (int i = 0; i < count; ++i) base[index[i]] = value[i];
#endif
}

}  // namespace
}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_LANES_H_
