// Barycentric coordinates at any point of the image plane, and their gradient.

#ifndef MESH_RENDERER_KERNELS_BARYCENTRICS_H_
#define MESH_RENDERER_KERNELS_BARYCENTRICS_H_

#include "clip_triangle.h"

namespace mesh_renderer {

// Perspective-correct barycentric coordinates at the point (px, py), inside the triangle or not
// (section 3.2.1 of the paper: negative ones are part of the definition), with what their
// gradient needs. They sum to one.
struct Barycentrics {
  double px, py;
  double b[3];
  // Columns x and y of the inverse of the matrix of corners, in coordinates relative to the point.
  double inverse_x[3], inverse_y[3];
};

// Returns false where they do not exist: degenerate triangles, and points of the vanishing line.
bool ComputeBarycentrics(const ClipTriangle& triangle, double px, double py, Barycentrics* out);

// The gradient with respect to (x, y, w) of each corner of a loss whose gradient with respect to
// the barycentric coordinates is db. z plays no part.
void BarycentricsGradient(const Barycentrics& at, const float db[3], float d_corners[3][3]);

}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_BARYCENTRICS_H_
