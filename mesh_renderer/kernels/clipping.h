// The part of the image that a triangle which crosses the eye plane can cover.

#ifndef MESH_RENDERER_KERNELS_CLIPPING_H_
#define MESH_RENDERER_KERNELS_CLIPPING_H_

#include "clip_triangle.h"

namespace mesh_renderer {

// A half-open range of pixels.
struct Box {
  int32_t left, bottom, right, top;
};

// Computes the box of a triangle cut to the view frustum, a pixel larger on each side so that
// rounding takes nothing away. It is empty if nothing is left, or if the triangle is not sane.
Box ClippedBox(const ClipTriangle& triangle, ImageSize image);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_CLIPPING_H_
