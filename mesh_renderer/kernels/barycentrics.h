// Barycentric coordinates at any point of the image plane, and their gradient.

#ifndef MESH_RENDERER_KERNELS_BARYCENTRICS_H_
#define MESH_RENDERER_KERNELS_BARYCENTRICS_H_

namespace mesh_renderer {

// Perspective-correct barycentric coordinates at the point (px, py), inside the triangle or not
// (section 3.2.1 of the paper: negative ones are part of the definition), with what their
// gradient needs. They sum to one. They are not finite for triangles without area.
struct Barycentrics {
  double b[3];
  // Columns x and y of the inverse of the matrix of corners, in coordinates relative to the point.
  double inverse_x[3], inverse_y[3];
};

// What is compiled for several instruction sets must not be shared between them by the linker.
namespace {

// A point sees corner i at (x_i - px w_i, y_i - py w_i, w_i): a shear, which keeps the determinant.
// In these coordinates the point is (0, 0, 1), so the last column of the unnormalized inverse holds
// the edge functions' values. In float64 the differences lose nothing that matters, however small
// the triangle is. There is no branch, so that a loop over pixels can use vectors.
inline Barycentrics ComputeBarycentrics(const double corner_x[3], const double corner_y[3],
                                        const double w[3], double px, double py) {
  const double x[3] = {corner_x[0] - px * w[0], corner_x[1] - px * w[1], corner_x[2] - px * w[2]};
  const double y[3] = {corner_y[0] - py * w[0], corner_y[1] - py * w[1], corner_y[2] - py * w[2]};
  const double edge[3] = {x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2],
                          x[0] * y[1] - x[1] * y[0]};
  const double per_sum = 1.0 / (edge[0] + edge[1] + edge[2]);
  const double per_det = 1.0 / (edge[0] * w[0] + edge[1] * w[1] + edge[2] * w[2]);
  return {
      {edge[0] * per_sum, edge[1] * per_sum, edge[2] * per_sum},
      {(y[1] * w[2] - y[2] * w[1]) * per_det, (y[2] * w[0] - y[0] * w[2]) * per_det,
       (y[0] * w[1] - y[1] * w[0]) * per_det},
      {(x[2] * w[1] - x[1] * w[2]) * per_det, (x[0] * w[2] - x[2] * w[0]) * per_det,
       (x[1] * w[0] - x[0] * w[1]) * per_det},
  };
}

// Computes the gradient of a loss with respect to the corners, given db, that with respect to the
// barycentric coordinates: the gradient of corner i is -b_i times the result (x, y, w). There is
// none with respect to z.
//
// With M the matrix of corners and p the point, u = M^-1 p is b over w; du = -M^-1 dM u, and
// b = u / sum(u) gives d loss / d corner i = -b_i M^-T (db - <db, b>): the scale of u cancels.
// In the sheared coordinates the component along w vanishes; undoing the shear brings it back.
// T is a number, or a vector of numbers.
template <typename T>
inline void BarycentricsGradient(const T b[3], const T inverse_x[3], const T inverse_y[3],
                                 const T db[3], T px, T py, T out[3]) {
  const T mean = db[0] * b[0] + db[1] * b[1] + db[2] * b[2];
  const T q[3] = {db[0] - mean, db[1] - mean, db[2] - mean};
  out[0] = q[0] * inverse_x[0] + q[1] * inverse_x[1] + q[2] * inverse_x[2];
  out[1] = q[0] * inverse_y[0] + q[1] * inverse_y[1] + q[2] * inverse_y[2];
  out[2] = -px * out[0] - py * out[1];
}

}  // namespace
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_BARYCENTRICS_H_
