// Kernels for the instructions that every processor of the architecture has.

#include "kernels_lanes.h"
