// Kernels for AVX-512. build_kernels.py gives the flags by the name of the file.

#include "kernels_lanes.h"
