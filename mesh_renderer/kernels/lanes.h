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

inline Floats Abs(Floats a) { return BitsToFloats(FloatBits(a) & INT32_MAX); }

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

// A vector in memory: a lane whose number is not known to the compiler is cheap to read and write
// only here.
struct alignas(4 * kLanes) FloatArray {
  float lane[kLanes];
  FloatArray() = default;
  explicit FloatArray(Floats values) { Store(values, lane); }
  Floats Values() const { return Load<Floats>(lane); }
};
struct alignas(4 * kLanes) IntArray {
  int32_t lane[kLanes];
  IntArray() = default;
  explicit IntArray(Ints values) { Store(values, lane); }
  Ints Values() const { return Load<Ints>(lane); }
};

inline Floats Sqrt(Floats a) {
#if defined(__AVX512F__)
  return _mm512_maskz_sqrt_ps(0xffff, a);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(a);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(a);
#else
  for (int i = 0; i < kLanes; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
#endif
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
#if MESH_RENDERER_LANES == 16
  return Ints{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif MESH_RENDERER_LANES == 8
  return Ints{0, 1, 2, 3, 4, 5, 6, 7};
#else
  return Ints{0, 1, 2, 3};
#endif
}

// The first `count` values at `from`; the other lanes are 0.
inline Floats LoadPartial(const float* from, int count) {
  if (count == kLanes) return Load<Floats>(from);
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#elif defined(__AVX2__)
  return _mm256_maskload_ps(from, reinterpret_cast<__m256i>(LaneNumbers() < count));
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
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, reinterpret_cast<__m256i>(LaneNumbers() < count), value);
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

// The even and the odd elements of two vectors in a row.
inline void Deinterleave(Ints a, Ints b, Ints* even, Ints* odd) {
#if MESH_RENDERER_LANES == 16
  const Ints first = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
#elif MESH_RENDERER_LANES == 8
  const Ints first = {0, 2, 4, 6, 8, 10, 12, 14};
#else
  const Ints first = {0, 2, 4, 6};
#endif
  *even = __builtin_shuffle(a, b, first);
  *odd = __builtin_shuffle(a, b, first + 1);
}

// Rows of four floats to one vector a column: out[k] holds base[4 * index + k].
inline void GatherRows(const float* base, Ints index, Floats out[4]) {
#if defined(__SSE2__)
  const IntArray rows(index);
  const auto row = [&](int i) { return base + 4 * static_cast<int64_t>(rows.lane[i]); };
  // Block g of vector k is row 4 g + k; then each block is transposed.
#if defined(__AVX512F__)
  __m512 r[4];
  for (int k = 0; k < 4; ++k) {
    r[k] = _mm512_maskz_broadcast_f32x4(0xffff, _mm_loadu_ps(row(k)));
    r[k] = _mm512_mask_broadcast_f32x4(r[k], 0x00f0, _mm_loadu_ps(row(4 + k)));
    r[k] = _mm512_mask_broadcast_f32x4(r[k], 0x0f00, _mm_loadu_ps(row(8 + k)));
    r[k] = _mm512_mask_broadcast_f32x4(r[k], 0xf000, _mm_loadu_ps(row(12 + k)));
  }
  const auto low = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b, Ints{0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29});
  };
  const auto high = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b,
                             Ints{2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31});
  };
  const auto first = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b, Ints{0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29});
  };
  const auto second = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b,
                             Ints{2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31});
  };
#elif defined(__AVX2__)
  __m256 r[4];
  for (int k = 0; k < 4; ++k) r[k] = _mm256_loadu2_m128(row(4 + k), row(k));
  const auto low = [](Floats a, Floats b) -> Floats { return _mm256_unpacklo_ps(a, b); };
  const auto high = [](Floats a, Floats b) -> Floats { return _mm256_unpackhi_ps(a, b); };
  const auto first = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b, Ints{0, 1, 8, 9, 4, 5, 12, 13});
  };
  const auto second = [](Floats a, Floats b) -> Floats {
    return __builtin_shuffle(a, b, Ints{2, 3, 10, 11, 6, 7, 14, 15});
  };
#else
  __m128 r[4];
  for (int k = 0; k < 4; ++k) r[k] = _mm_loadu_ps(row(k));
  const auto low = [](Floats a, Floats b) -> Floats { return _mm_unpacklo_ps(a, b); };
  const auto high = [](Floats a, Floats b) -> Floats { return _mm_unpackhi_ps(a, b); };
  const auto first = [](Floats a, Floats b) -> Floats { return _mm_movelh_ps(a, b); };
  const auto second = [](Floats a, Floats b) -> Floats { return _mm_movehl_ps(b, a); };
#endif
  const Floats xy01 = low(r[0], r[1]), xy23 = low(r[2], r[3]);
  const Floats zw01 = high(r[0], r[1]), zw23 = high(r[2], r[3]);
  out[0] = first(xy01, xy23), out[1] = second(xy01, xy23);
  out[2] = first(zw01, zw23), out[3] = second(zw01, zw23);
#else
  for (int k = 0; k < 4; ++k) out[k] = Gather(base + k, 4 * index);
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
