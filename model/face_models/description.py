"""Describes a face model in words."""

import numpy as np

from model.face_model_contents import FaceModelContents


def description(contents: FaceModelContents) -> list[str]:
    """Describes a face model in lines: its sizes, components, landmarks, origin and repairs."""
    mean = contents.shape.mean
    size = np.ptp(mean, axis=0)
    expressions = 0 if contents.expression is None else len(contents.expression.variance)
    lines = [
        f"{contents.n_vertices:,} vertices, {len(contents.triangles):,} triangles, "
        f"{size[0]:.0f} x {size[1]:.0f} x {size[2]:.0f} mm",
        f"components: {len(contents.shape.variance)} shape, {len(contents.color.variance)} "
        f"texture ({contents.color_space}), {expressions} expression",
        f"landmarks: {len(contents.landmarks)} named, {_count_68(contents)} of the 68 points",
        f"regions: {', '.join(sorted(contents.regions)) or 'none'}",
    ]
    if contents.stand_in:
        lines.append(f"STAND-IN: {contents.stand_in}")
    lines += [f"{title}: {text}" for title, text in contents.notes.items()]
    return lines + [f"mended: {repair}" for repair in contents.repairs]


def _count_68(contents):
    return 0 if contents.landmarks_68 is None else int((contents.landmarks_68 >= 0).sum())
