"""What became of each photograph, for people in a few lines and for programs as JSON."""

import collections
import dataclasses
import json
from collections.abc import Mapping, Sequence

import numpy as np

from model.face_finding import FoundFace
from model.fitting.camera import Pose
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class WrittenFace:
    """A face that was written.

    Attributes:
      name: that its files begin with.
      files: their names in the folder of results.
      found: where the face was in the photograph.
      pose: how it stood before the camera: one `Pose`.
      notes: what is to be said about it.
      merged: the photographs that it was averaged from; empty if it is of one.
    """

    name: str
    files: tuple[str, ...]
    found: FoundFace
    pose: Pose
    notes: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()

    def to_json(self) -> dict:
        """What `results.json` says of the face."""
        return {
            "name": self.name,
            "files": list(self.files),
            "box": _rounded(self.found.box, 2),
            "points": _rounded(self.found.points, 2),
            "confidence": round(float(self.found.confidence), 4),
            "pose": pose_fields(self.pose),
            "notes": list(self.notes),
        } | ({"merged": list(self.merged)} if self.merged else {})


@dataclasses.dataclass(frozen=True)
class PhotographResult:
    """What became of a photograph.

    Attributes:
      path: of the photograph, as it can be printed.
      faces: what `WrittenFace.to_json` says of those that were written, the largest first.
      found: how many faces were found.
      problems: why the photograph, or faces of it, were left out.
    """

    path: str
    faces: tuple[dict, ...] = ()
    found: int = 0
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict:
        """What `results.json` says of the photograph."""
        return {
            "photograph": self.path,
            "faces_found": self.found,
            "faces": list(self.faces),
            "problems": list(self.problems),
        }


def pose_fields(pose: Pose) -> dict:
    """Describes one pose: angles in degrees, and the camera by which the mesh is projected.

    A positive yaw turns the face to the viewer's right, a positive pitch down, and a positive roll
    clockwise in the picture.

    A point p of the mesh in mm is seen at x = center[0] + focal v[0] / (distance - v[2]) and
    y = center[1] - focal v[1] / (distance - v[2]), in pixels, where v = rotation p.
    """
    rotation = pose.rotation[0]
    # The rotation is one by the yaw about +y, then by the pitch about +x, then by the roll.
    yaw = np.arctan2(-rotation[2, 0], rotation[2, 2])
    pitch = np.arctan2(rotation[2, 1], np.hypot(rotation[2, 0], rotation[2, 2]))
    # What the first two take to +x is turned by the roll alone.
    right = rotation @ np.array([np.cos(yaw), 0.0, np.sin(yaw)])
    roll = np.arctan2(-right[1], right[0])
    angles = np.degrees([yaw, pitch, roll])
    names = ("yaw_deg", "pitch_deg", "roll_deg")
    return dict(zip(names, _rounded(angles, 1), strict=True)) | {
        "rotation": _rounded(rotation, 5),
        "focal_pixels": round(float(pose.focal[0]), 2),
        "center_pixels": _rounded(pose.center[0], 2),
        "camera_distance_mm": float(pose.distance),
    }


def to_json(results: Sequence[PhotographResult], made_with: Mapping[str, str]) -> str:
    """Lists all photographs with their faces: pixels, with integers at pixel centers.

    Args:
      results: of the photographs.
      made_with: what all faces depend on, by name.
    """
    content = {
        "made_with": dict(made_with),
        "summary": summary(results).splitlines(),
        "photographs": [result.to_json() for result in results],
    }
    return json.dumps(content, indent=1) + "\n"


def from_json(text: str) -> tuple[dict[str, str], list[PhotographResult]]:
    """Reads what `to_json` wrote: what faces were made with, and the results.

    Raises:
      ValueError: the text is something else.
    """
    try:
        content = json.loads(text)
        results = [
            PhotographResult(
                entry["photograph"],
                tuple(entry["faces"]),
                entry["faces_found"],
                tuple(entry["problems"]),
            )
            for entry in content["photographs"]
        ]
        return dict(content["made_with"]), results
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"holds no results of reconstruct.py ({error!r})") from None


def summary(results: Sequence[PhotographResult]) -> str:
    """Says how many faces there are, and which photographs and faces were left out and why."""
    with_faces = [result for result in results if result.faces]
    faces = sum(len(result.faces) for result in results)
    merged = (
        len(face.get("merged", ())) or 1 for result in with_faces for face in result.faces[:1]
    )
    lines = [f"{_count(faces, 'face')} from {_count(sum(merged), 'photograph')}."]
    # A reason ends where its details begin.
    problems = [problem.split(":")[0] for result in results for problem in result.problems]
    reasons = collections.Counter(problems)
    for reason, count in reasons.most_common():
        lines.append(f"Left out, {'once' if count == 1 else f'{count} times'}: {reason}.")
    further = sum(result.found - len(result.faces) for result in with_faces)
    if further:
        verb = "was" if further == 1 else "were"
        lines.append(f"{_count(further, 'further face')} {verb} found and not written.")
    return "\n".join(lines)


def _rounded(values, digits):
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def one_line(path: str, error: Exception) -> str:
    """The reason of an error in one line, without the path that it may begin with."""
    reason = str(error).removeprefix(f"{path}: ") or type(error).__name__
    return " ".join(printable(reason).split())
