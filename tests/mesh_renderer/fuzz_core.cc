// `fuzz_core CALLS SEED` takes random meshes, most of them nasty, through all of the core. It is
// compiled with sanitizers, and also checks what must hold for any input: ids are in range, and
// everything that comes out of finite attributes is finite.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "kernels.h"
#include "lighting_sums.h"
#include "rasterizer.h"
#include "vertex_normals.h"

namespace mr = mesh_renderer;

namespace {

using Values = std::vector<float>;

class Source {
 public:
  explicit Source(uint64_t seed) : engine_(seed) {}

  int Int(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  float Ordinary() { return std::uniform_real_distribution<float>(-1.5f, 1.5f)(engine_); }
  // Gives an ordinary value, or one time in `one_in` a value that no mesh should hold.
  float Nasty(int one_in) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    static const float kValues[] = {0.0f,  -0.0f, 1e-45f,    -1e-40f,   1e-30f, 1e-10f,
                                    1e10f, 1e19f, -1e30f,    3e38f,     -3e38f, 1.0f,
                                    -1.0f, NAN,   kInfinity, -kInfinity};
    return Int(1, one_in) == 1 ? kValues[Int(0, 15)] : Ordinary();
  }
  Values Many(size_t count, int one_in = 0) {
    Values out(count);
    for (float& value : out) value = one_in > 0 ? Nasty(one_in) : Ordinary();
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

void Require(bool holds, const char* what, uint64_t seed) {
  if (holds) return;
  std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), what);
  std::abort();
}

void RequireFinite(const Values& values, const char* what, uint64_t seed) {
  for (float value : values) Require(std::isfinite(value), what, seed);
}

// A mesh in clip space. Arrays are exactly as long as they must be.
struct Mesh {
  Values vertices;
  std::vector<int32_t> triangles;

  explicit Mesh(Source* source) {
    const int vertex_count = source->Int(1, 30), one_in = source->Int(2, 60);
    vertices = source->Many(4 * vertex_count, one_in);
    for (int i = 3; i < 4 * vertex_count; i += 4) {
      // Most of the mesh is before the eye.
      if (source->Int(0, 3) > 0) vertices[i] = std::abs(vertices[i]) + 0.2f;
    }
    const int triangle_count = source->Int(0, 60);
    for (int i = 0; i < 3 * triangle_count; ++i) {
      triangles.push_back(source->Int(0, vertex_count - 1));
    }
  }
  int64_t VertexCount() const { return vertices.size() / 4; }
  mr::MeshView View() const {
    return {reinterpret_cast<const mr::ClipVertex*>(vertices.data()), VertexCount(),
            triangles.data(), static_cast<int64_t>(triangles.size() / 3)};
  }
};

struct Fuzzer {
  uint64_t seed;
  Source source;
  mr::ImageSize size;
  Mesh mesh;
  std::vector<int32_t> ids;
  std::vector<mr::CoveredPixel> pixels;

  explicit Fuzzer(uint64_t number)
      : seed(number), source(number), size{source.Int(1, 40), source.Int(1, 40)}, mesh(&source) {}

  size_t PixelCount() const { return size.PixelCount(); }
  mr::PixelList List() const { return {pixels.data(), static_cast<int64_t>(pixels.size()), size}; }

  void Rasterize() {
    const mr::Rasterizer rasterizer(size, static_cast<mr::Culling>(source.Int(0, 2)));
    const int parts = source.Int(1, 3);
    const mr::MeshView view = mesh.View();
    std::vector<mr::VertexBox> boxes(mesh.VertexCount());
    std::vector<mr::Key> keys(parts * PixelCount());
    rasterizer.Project(view, 0, view.vertex_count, boxes.data());
    for (int part = 0; part < parts; ++part) {
      rasterizer.Draw(view, boxes.data(), view.triangle_count * part / parts,
                      view.triangle_count * (part + 1) / parts, keys.data() + part * PixelCount());
    }
    ids.resize(PixelCount());
    Values depths(PixelCount());
    rasterizer.Resolve(keys.data(), parts, 0, PixelCount(), ids.data(), depths.data());
    for (size_t i = 0; i < PixelCount(); ++i) {
      Require(ids[i] >= -1 && ids[i] < view.triangle_count, "id out of range", seed);
      Require(depths[i] >= -1.0f && depths[i] <= 1.0f, "depth out of range", seed);
    }
    pixels.resize(PixelCount() + mr::kMaxLanes);
    pixels.resize(
        mr::BestKernels().list_covered_pixels(ids.data(), size, 0, size.height, pixels.data()));
  }

  void Barycentrics() {
    Values b(3 * PixelCount()), d_vertices(mesh.vertices.size());
    const Values d_b = source.Many(b.size());
    mr::BestKernels().resolve_barycentrics(mesh.View(), List(), b.data());
    mr::BestKernels().resolve_barycentrics_gradient(mesh.View(), List(), d_b.data(),
                                                    d_vertices.data());
    RequireFinite(b, "barycentrics", seed);
    RequireFinite(d_vertices, "gradient of barycentrics", seed);
  }

  void Interpolate() {
    const int channels = source.Int(1, 20);
    const Values attributes = source.Many(channels * mesh.VertexCount());
    Values image(channels * PixelCount()), d_vertices(mesh.vertices.size());
    Values d_attributes(attributes.size());
    const Values d_image = source.Many(image.size());
    mr::BestKernels().interpolate_mesh(mesh.View(), attributes.data(), channels, List(),
                                       image.data());
    mr::BestKernels().interpolate_mesh_gradient(mesh.View(), attributes.data(), channels, List(),
                                                d_image.data(), d_vertices.data(),
                                                d_attributes.data());
    RequireFinite(image, "interpolated image", seed);
    RequireFinite(d_vertices, "gradient of vertices by interpolation", seed);
    RequireFinite(d_attributes, "gradient of attributes", seed);
  }

  // Shades n pixels or vertices by random lights.
  template <typename Forward, typename Backward>
  void Shade(size_t n, const char* what, Forward forward, Backward backward) {
    const int64_t lights = source.Int(0, 3);
    const bool specular = source.Int(0, 1) == 1;
    const Values positions = source.Many(3 * lights), intensities = source.Many(3 * lights);
    const Values ambient = source.Many(3), camera = source.Many(3);
    const mr::Lighting lighting{lights, positions.data(), intensities.data(), ambient.data(),
                                specular ? camera.data() : nullptr};
    const Values normals = source.Many(3 * n), points = source.Many(3 * n);
    const Values diffuse = source.Many(3 * n), colors = source.Many(3 * n);
    Values shininess = source.Many(n);
    for (float& exponent : shininess) exponent = 20.0f * std::abs(exponent);
    const mr::SurfaceAttributes surface{normals.data(), points.data(), diffuse.data(),
                                        colors.data(), shininess.data()};
    Values rgba(4 * PixelCount());
    const Values d_rgba = source.Many(rgba.size());
    forward(surface, lighting, rgba.data());
    RequireFinite(rgba, what, seed);
    Values d[4] = {Values(3 * n), Values(3 * n), Values(3 * n), Values(3 * n)}, d_shininess(n);
    const mr::SurfaceGradient gradient{d[0].data(), d[1].data(), d[2].data(), d[3].data(),
                                       d_shininess.data()};
    Values lanes(mr::LightingSumCount(lights) * mr::kMaxLanes);
    backward(surface, lighting, d_rgba.data(), gradient, lanes.data());
    for (const Values& values : d) RequireFinite(values, what, seed);
    RequireFinite(d_shininess, what, seed);
    RequireFinite(lanes, what, seed);
  }

  void ShadeMesh() {
    Values d_vertices(mesh.vertices.size());
    Shade(
        mesh.VertexCount(), "shaded mesh",
        [&](const auto& surface, const auto& lighting, float* rgba) {
          mr::BestKernels().shade_mesh(mesh.View(), surface, lighting, List(), rgba);
        },
        [&](const auto& surface, const auto& lighting, const float* d_rgba, const auto& gradient,
            float* lanes) {
          std::vector<mr::VertexSums> sums(mesh.VertexCount());
          const std::unique_ptr<bool[]> is_used(new bool[mesh.VertexCount()]());
          mr::BestKernels().shade_mesh_gradient(mesh.View(), surface, lighting, List(), d_rgba,
                                                d_vertices.data(), gradient,
                                                {sums.data(), is_used.get()}, lanes);
          for (const mr::VertexSums& vertex : sums) {
            for (float sum : vertex.values) Require(sum == 0.0f, "sums left behind", seed);
          }
          for (int64_t v = 0; v < mesh.VertexCount(); ++v) {
            Require(!is_used[v], "marks left behind", seed);
          }
        });
    RequireFinite(d_vertices, "gradient of vertices by shading", seed);
  }

  void ShadeImage() {
    Shade(
        PixelCount(), "shaded image",
        [&](const auto& surface, const auto& lighting, float* rgba) {
          mr::BestKernels().shade_image(lighting, surface, List(), rgba);
        },
        [&](const auto& surface, const auto& lighting, const float* d_rgba, const auto& gradient,
            float* lanes) {
          mr::BestKernels().shade_image_gradient(lighting, surface, List(), d_rgba, gradient,
                                                 lanes);
        });
  }

  void Normals() {
    const int64_t count = mesh.VertexCount();
    const Values positions = source.Many(3 * count, source.Int(2, 60));
    const mr::SurfaceView surface{positions.data(), count, mesh.triangles.data(),
                                  mesh.View().triangle_count};
    Values normals(3 * count), per_length(count), d_positions(3 * count);
    const Values d_normals = source.Many(normals.size());
    mr::ComputeVertexNormals(surface, normals.data(), per_length.data());
    mr::VertexNormalsGradient(surface, normals.data(), per_length.data(), d_normals.data(),
                              d_positions.data());
    RequireFinite(normals, "normals", seed);
    RequireFinite(d_positions, "gradient of normals", seed);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const uint64_t calls = std::strtoull(argv[1], nullptr, 10);
  const uint64_t first = std::strtoull(argv[2], nullptr, 10);
  for (uint64_t seed = first; seed < first + calls; ++seed) {
    Fuzzer fuzzer(seed);
    fuzzer.Rasterize();
    fuzzer.Barycentrics();
    fuzzer.Interpolate();
    fuzzer.ShadeMesh();
    fuzzer.ShadeImage();
    fuzzer.Normals();
  }
  std::printf("%llu calls by %s: no finding\n", static_cast<unsigned long long>(calls),
              mr::BestKernels().name);
}
