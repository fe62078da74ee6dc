// Vectors of the widest registers that the including file is compiled for. Each holds one value in
// each of its lanes.
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
// Masks have this type too, as comparisons give them: -1 where true, 0 where false.
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));

inline Floats Fill(float value) { return value - Floats{}; }
inline Ints FillInts(int32_t value) { return value - Ints{}; }
inline Floats ToFloats(Ints a) { return __builtin_convertvector(a, Floats); }
inline Ints ToInts(Floats a) { return __builtin_convertvector(a, Ints); }
inline Floats BitsToFloats(Ints a) { return reinterpret_cast<Floats>(a); }
inline Ints FloatBits(Floats a) { return reinterpret_cast<Ints>(a); }

inline Floats Select(Ints mask, Floats a, Floats b) { return mask ? a : b; }
// Both give the second operand where either is NaN.
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

// A vector in memory. Only here is it cheap to read or write a lane whose number is not known to
// the compiler.
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

// Gives one bit for each lane.
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

// Loads the first `count` values at `from`; the other lanes are 0.
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

// Loads base[index] for each lane.
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

// Separates the even from the odd elements of two vectors in a row.
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

// Reverses Deinterleave.
inline void Interleave(Ints even, Ints odd, Ints* a, Ints* b) {
#if MESH_RENDERER_LANES == 16
  const Ints first = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
#elif MESH_RENDERER_LANES == 8
  const Ints first = {0, 8, 1, 9, 2, 10, 3, 11};
#else
  const Ints first = {0, 4, 1, 5};
#endif
  *a = __builtin_shuffle(even, odd, first);
  *b = __builtin_shuffle(even, odd, first + kLanes / 2);
}

// Transposes each 4x4 block: afterwards v[k] holds element k of the blocks' rows. Done twice, it
// changes nothing.
inline void TransposeBlocks(Floats v[4]) {
#if MESH_RENDERER_LANES == 16
  const Ints low = {0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29};
  const Ints first = {0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29};
#elif MESH_RENDERER_LANES == 8
  const Ints low = {0, 8, 1, 9, 4, 12, 5, 13};
  const Ints first = {0, 1, 8, 9, 4, 5, 12, 13};
#else
  const Ints low = {0, 4, 1, 5};
  const Ints first = {0, 1, 4, 5};
#endif
  const Floats xy01 = __builtin_shuffle(v[0], v[1], low);
  const Floats xy23 = __builtin_shuffle(v[2], v[3], low);
  const Floats zw01 = __builtin_shuffle(v[0], v[1], low + 2);
  const Floats zw23 = __builtin_shuffle(v[2], v[3], low + 2);
  v[0] = __builtin_shuffle(xy01, xy23, first), v[1] = __builtin_shuffle(xy01, xy23, first + 2);
  v[2] = __builtin_shuffle(zw01, zw23, first), v[3] = __builtin_shuffle(zw01, zw23, first + 2);
}

// A row of four floats.
typedef float FloatRow __attribute__((vector_size(16)));

// Sums up the lanes of each of four vectors, in an order that depends on the number of lanes.
inline FloatRow SumsOfLanes(Floats v[4]) {
  TransposeBlocks(v);
  const FloatArray sums(v[0] + v[1] + v[2] + v[3]);
  FloatRow out = Load<FloatRow>(sums.lane);
  for (int g = 1; g < kLanes / 4; ++g) out += Load<FloatRow>(sums.lane + 4 * g);
  return out;
}

// Loads rows of four floats into one vector for each column; row(lane) tells where a row begins.
// Addresses come best from memory: to take them out of a vector costs more than to load them.
template <typename Row>
inline void GatherRows(Row row, Floats out[4]) {
  // Block g of vector k is row 4 g + k here.
  for (int k = 0; k < 4; ++k) {
#if defined(__AVX512F__)
    __m512 r = _mm512_maskz_broadcast_f32x4(0xffff, _mm_loadu_ps(row(k)));
    r = _mm512_mask_broadcast_f32x4(r, 0x00f0, _mm_loadu_ps(row(4 + k)));
    r = _mm512_mask_broadcast_f32x4(r, 0x0f00, _mm_loadu_ps(row(8 + k)));
    out[k] = _mm512_mask_broadcast_f32x4(r, 0xf000, _mm_loadu_ps(row(12 + k)));
#elif defined(__AVX2__)
    out[k] = _mm256_loadu2_m128(row(4 + k), row(k));
#else
    out[k] = Load<Floats>(row(k));
#endif
  }
  TransposeBlocks(out);
}

// Stores one vector for each column as rows of four floats; row(lane) tells where a row begins.
template <typename Row>
inline void StoreRows(Floats x, Floats y, Floats z, Floats w, Row row) {
  Floats v[4] = {x, y, z, w};
  TransposeBlocks(v);
  for (int k = 0; k < 4; ++k) {
    FloatArray rows(v[k]);
    for (int g = 0; g < kLanes / 4; ++g) std::memcpy(row(4 * g + k), rows.lane + 4 * g, 16);
  }
}

// An array of such rows, one for each lane.
struct alignas(4 * kLanes) RowArray {
  float row[kLanes][4];

  RowArray(Floats x, Floats y, Floats z, Floats w) {
    StoreRows(x, y, z, w, [this](int lane) { return row[lane]; });
  }
};

// Writes the lanes of a mask, given as one bit a lane, one after another; what lies behind them, up
// to kLanes values, may be overwritten.
inline void StoreCompressed(Ints value, uint32_t mask, int32_t* to) {
#if defined(__AVX512F__)
  // This compresses in registers, since some processors are slow to compress into memory.
  const __m512i compressed =
      _mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), reinterpret_cast<__m512i>(value));
  _mm512_storeu_si512(to, compressed);
#else
  const IntArray values(value);
  for (int i = 0; i < kLanes; ++i) {
    *to = values.lane[i];
    to += mask >> i & 1;
  }
#endif
}

// Stores the first `count` lanes to base[index].
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
