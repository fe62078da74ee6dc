#include "barycentrics.h"

#include <cmath>

namespace mesh_renderer {

// A point sees corner i at (x_i - px w_i, y_i - py w_i, w_i): a shear, which keeps the determinant.
// In these coordinates the point is (0, 0, 1), so the last column of the unnormalized inverse holds
// the edge functions' values. In float64 the differences lose nothing that matters, however small
// the triangle is.
bool ComputeBarycentrics(const ClipTriangle& triangle, double px, double py, Barycentrics* out) {
  double x[3], y[3], w[3];
  for (int i = 0; i < 3; ++i) {
    w[i] = triangle.v[i].w;
    x[i] = triangle.v[i].x - px * w[i];
    y[i] = triangle.v[i].y - py * w[i];
  }
  double edge[3];
  double sum = 0.0, determinant = 0.0;
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    edge[i] = x[j] * y[k] - x[k] * y[j];
    sum += edge[i];
    determinant += edge[i] * w[i];
  }
  const double per_sum = 1.0 / sum;
  const double per_determinant = 1.0 / determinant;
  if (!std::isfinite(per_sum) || !std::isfinite(per_determinant)) return false;
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    out->b[i] = edge[i] * per_sum;
    out->inverse_x[i] = (y[j] * w[k] - y[k] * w[j]) * per_determinant;
    out->inverse_y[i] = (x[k] * w[j] - x[j] * w[k]) * per_determinant;
  }
  out->px = px;
  out->py = py;
  return true;
}

// With M the matrix of corners and p the point, u = M^-1 p is b over w; du = -M^-1 dM u, and
// b = u / sum(u) gives d loss / d corner i = -b_i M^-T (db - <db, b>): the scale of u cancels.
// In the sheared coordinates the component along w vanishes; undoing the shear brings it back.
void BarycentricsGradient(const Barycentrics& at, const float db[3], float d_corners[3][3]) {
  const double mean = db[0] * at.b[0] + db[1] * at.b[1] + db[2] * at.b[2];
  double qx = 0.0, qy = 0.0;
  for (int i = 0; i < 3; ++i) {
    qx += (db[i] - mean) * at.inverse_x[i];
    qy += (db[i] - mean) * at.inverse_y[i];
  }
  const double qw = -at.px * qx - at.py * qy;
  for (int i = 0; i < 3; ++i) {
    d_corners[i][0] = static_cast<float>(-at.b[i] * qx);
    d_corners[i][1] = static_cast<float>(-at.b[i] * qy);
    d_corners[i][2] = static_cast<float>(-at.b[i] * qw);
  }
}

}  // namespace mesh_renderer
