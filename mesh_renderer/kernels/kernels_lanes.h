// The table of kernels of one instruction set, that of the including file.

#ifndef MESH_RENDERER_KERNELS_KERNELS_LANES_H_
#define MESH_RENDERER_KERNELS_KERNELS_LANES_H_

#include "draw_lanes.h"
#include "kernels.h"
#include "mesh_interpolation_lanes.h"
#include "normalize_lanes.h"
#include "pixels_lanes.h"
#include "shade_image_lanes.h"
#include "shade_mesh_lanes.h"

namespace mesh_renderer {
namespace MESH_RENDERER_ISA {

#define MESH_RENDERER_QUOTE(name) #name
#define MESH_RENDERER_NAME(name) MESH_RENDERER_QUOTE(name)

extern const Kernels kKernels;
const Kernels kKernels = {
    MESH_RENDERER_NAME(MESH_RENDERER_ISA),
    ProjectVertices,
    DrawTriangles,
    ResolveKeys,
    ListCoveredPixels,
    AreInRange,
    ResolveBarycentrics,
    ResolveBarycentricsGradient,
    InterpolateMesh,
    InterpolateMeshGradient,
    ShadeMesh,
    ShadeMeshGradient,
    Normalize,
    NormalizeGradient,
    ShadeImage,
    ShadeImageGradient,
};

}  // namespace MESH_RENDERER_ISA
}  // namespace mesh_renderer

#endif  // MESH_RENDERER_KERNELS_KERNELS_LANES_H_
