"""What became of each photograph, for people in a few lines and for programs as JSON."""

import collections
import dataclasses
import json

from model.face_finding import FoundFace
from storage.printable import printable


@dataclasses.dataclass(frozen=True)
class WrittenFace:
    """A face that was written.

    Attributes:
      name: that its files begin with.
      files: their names in the folder of results.
      found: where the face was in the photograph.
      notes: what is to be said about it.
    """

    name: str
    files: tuple[str, ...]
    found: FoundFace
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PhotographResult:
    """What became of a photograph.

    Attributes:
      path: of the photograph, as it can be printed.
      faces: those that were written, the largest first.
      found: how many faces were found.
      problems: why the photograph, or faces of it, were left out.
    """

    path: str
    faces: tuple[WrittenFace, ...] = ()
    found: int = 0
    problems: tuple[str, ...] = ()


def to_json(results: list[PhotographResult]) -> str:
    """Lists all photographs with their faces: pixels, with integers at pixel centers."""
    return json.dumps({"photographs": [_photograph(result) for result in results]}, indent=1)


def _photograph(result):
    return {
        "photograph": result.path,
        "faces_found": result.found,
        "faces": [_face(face) for face in result.faces],
        "problems": list(result.problems),
    }


def _face(face):
    return {
        "name": face.name,
        "files": list(face.files),
        "box": [round(float(edge), 2) for edge in face.found.box],
        "points": [[round(float(x), 2) for x in point] for point in face.found.points],
        "confidence": round(float(face.found.confidence), 4),
        "notes": list(face.notes),
    }


def summary(results: list[PhotographResult]) -> str:
    """Says how many faces there are, and which photographs and faces were left out and why."""
    with_faces = [result for result in results if result.faces]
    faces = sum(len(result.faces) for result in results)
    lines = [f"{_count(faces, 'face')} from {_count(len(with_faces), 'photograph')}."]
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


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def one_line(path: str, error: Exception) -> str:
    """The reason of an error in one line, without the path that it may begin with."""
    reason = str(error).removeprefix(f"{path}: ") or type(error).__name__
    return " ".join(printable(reason).split())
