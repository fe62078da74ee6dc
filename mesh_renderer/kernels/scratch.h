// Memory that is kept from call to call, since fresh memory costs more than what is done with it.

#ifndef MESH_RENDERER_KERNELS_SCRATCH_H_
#define MESH_RENDERER_KERNELS_SCRATCH_H_

#include <algorithm>
#include <cstddef>
#include <memory>

namespace mesh_renderer {

// Returns this thread's array of at least `count` values of no particular content. Uses that
// overlap must differ in T or in kNumber.
template <typename T, int kNumber = 0>
T* ThreadScratch(size_t count) {
  thread_local std::unique_ptr<T[]> values;
  thread_local size_t size = 0;
  if (size < count) {
    size = 0;
    values.reset(new T[count]);
    size = count;
  }
  return values.get();
}

// Returns this thread's array of at least `count` values that are zero, and that its user must
// leave zero.
template <typename T>
T* ThreadZeros(size_t count) {
  thread_local std::unique_ptr<T[]> values;
  thread_local size_t size = 0;
  if (size < count) {
    size = 0;
    values.reset(new T[count]());
    size = count;
  }
  return values.get();
}

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_SCRATCH_H_
