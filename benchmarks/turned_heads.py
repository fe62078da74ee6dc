"""How many turned heads are found, and with the right points.

    python -m benchmarks.turned_heads SCAN.obj --mm_per_unit=52.4 [--renders=12]

Of a textured scan, pictures are rendered in random lights and at random distances, before random
backgrounds, and nodding by up to 8 degrees. A face that is found is right if the tip of its nose
lies within .35 of the frontal distance from eyes to mouth of where it is, if its mouth lies below
its eyes, and if these are .65 to 1.5 of that distance apart. A Markdown table says how many are
right, wrong, and left out.
"""

import argparse

import numpy as np

from data_pipeline.detected_face import Detection
from data_pipeline.second_look import make_careful_detector
from model.face_finding import NoFaceError, eyes_to_mouth
from stand_ins.scan_subject import DISTANCES_MM, Head
from storage.images import to_bytes

_YAWS_DEG = (0, 30, 60, 75, 90)
_NOD_DEG = 8
_NOSE, _LEAN, _SHORTEST, _LONGEST = 0.35, 0.5, 0.65, 1.5


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.turned_heads", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("scan", help="an OBJ file with a texture, y up and z out of the face")
    parser.add_argument("--mm_per_unit", type=float, default=1.0, help="of the scan (1)")
    parser.add_argument("--renders", type=int, default=12, help="to each side of each angle (12)")
    options = parser.parse_args()
    try:
        head = Head(options.scan, options.mm_per_unit)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    detector = make_careful_detector()
    print("| yaw | renders | right | wrong | left out |\n|---|---|---|---|---|")
    for yaw in _YAWS_DEG:
        sides = (yaw, -yaw) if yaw else (0,)
        found = [
            _outcome(head, detector, side, seed)
            for side in sides
            for seed in range(options.renders)
        ]
        counts = (found.count(outcome) for outcome in ("right", "wrong", "left out"))
        print(f"| {'±' * (yaw > 0)}{yaw}° | {len(found)} |", *(f"{count} |" for count in counts))


def _outcome(head, detector, yaw, seed):
    rng = np.random.default_rng(seed)
    distance, pitch = rng.uniform(*DISTANCES_MM), _NOD_DEG * (seed % 3 - 1)
    face = _found(detector, head.photograph(yaw, pitch, distance, rng))
    frontal = _found(detector, head.photograph(0, 0, distance, np.random.default_rng(seed)))
    # Without a frontal face there is no measure of right and wrong.
    if face is None or frontal is None:
        return "left out"
    return "right" if _is_right(face, head.nose_tip(yaw, pitch, distance), frontal) else "wrong"


def _found(detector, picture):
    try:
        return next(iter(detector(to_bytes(picture))), None)
    except NoFaceError:
        return None


def _is_right(face: Detection, nose: np.ndarray, frontal: Detection) -> bool:
    length = np.linalg.norm(eyes_to_mouth(frontal.points))
    right, down = eyes_to_mouth(face.points)
    near = np.linalg.norm(face.points[2] - nose) < _NOSE * length
    return near and abs(right) < _LEAN * down and _SHORTEST < down / length < _LONGEST


if __name__ == "__main__":
    main()
