#include "kernels.h"

#include <cstdlib>
#include <cstring>

namespace mesh_renderer {

namespace baseline {
extern const Kernels kKernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
#endif

namespace {

bool IsAllowed(const char* name) {
  const char* wanted = std::getenv("MESH_RENDERER_ISA");
  return wanted == nullptr || std::strcmp(wanted, name) == 0;
}

const Kernels& ChooseKernels() {
#if defined(__x86_64__)
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512 && IsAllowed("avx512")) return avx512::kKernels;
  if (__builtin_cpu_supports("avx2") && IsAllowed("avx2")) return avx2::kKernels;
#endif
  return baseline::kKernels;
}

}  // namespace

const Kernels& BestKernels() {
  static const Kernels& kernels = ChooseKernels();
  return kernels;
}

}  // namespace mesh_renderer
