"""The rooms of the house, measured from the code's own imports, and their picture.

    python -m tests.house

The command draws the picture in docs/architecture.md anew; `tests/test_imports.py` fails where the
picture and the code disagree.
"""

import ast
import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "architecture.md"
START, END = "<!-- house: drawn by python -m tests.house -->\n", "<!-- end of the house -->\n"

SCRIPTS = ("train", "train_recognizer", "eval", "reconstruct", "judge_face_model")
# A module belongs to the room with the longest name that it begins with.
ROOMS = (
    *(
        "command_line",
        "flag_groups",
        "flag_sets",
        "programs",
        "stand_ins",
        "data_pipeline",
        "evaluation",
    ),
    *("model", "model.training", "model.face_models", "model.identity"),
    *("losses", "mesh_renderer", "storage", "open_parts", "photo_to_face", "web", "export"),
)
# The folder model/ holds two floors: what a face is and how it is drawn, and above the rooms of
# face models and recognition networks the method, which joins all of them.
METHOD = frozenset(
    f"model.{name}"
    for name in (
        *("decoder", "decoder_io", "encoding", "feature_normalization", "identity_views"),
        *("loss_weights",),
        *(
            "face_likeness",
            "mean_face_fit",
            "reconstructor",
            "refinement",
            "regressor",
            "rendered_views",
            "trained",
            "triplet_trainer",
        ),
    )
)
FACES_FLOOR, METHOD_FLOOR = "model: faces", "model: the method"


def modules() -> dict[str, pathlib.Path]:
    """Finds all modules of the project but the tests and benchmarks, by their dotted names."""
    tops = {room.split(".")[0] for room in ROOMS} | set(SCRIPTS)
    paths = [path for top in tops for path in (ROOT / top).rglob("*.py")]
    paths += [ROOT / f"{top}.py" for top in tops if (ROOT / f"{top}.py").is_file()]
    return {_name(path): path for path in paths}


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: pathlib.Path, known: set[str]) -> set[str]:
    """Reads which of the known modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import name` imports the module package.name, if there is one.
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known or {node.module}
    return found & known


def imports_by_module() -> dict[str, set[str]]:
    """Reads what each module imports of the project."""
    paths = modules()
    known = set(paths)
    return {name: imports(path, known) - {name} for name, path in paths.items()}


def room_of(module: str) -> str:
    """The room of a module."""
    if module in SCRIPTS:
        return "scripts"
    room = max((r for r in ROOMS if f"{module}.".startswith(f"{r}.")), key=len)
    if room == "model":
        return METHOD_FLOOR if module in METHOD else FACES_FLOOR
    return room


def arrows() -> set[tuple[str, str]]:
    """The pairs (room, room that it imports)."""
    pairs = {
        (room_of(name), room_of(other))
        for name, others in imports_by_module().items()
        for other in others
    }
    return {(a, b) for a, b in pairs if a != b}


def circle() -> list[str]:
    """Finds modules that import each other in a circle, in its order; empty if there are none."""
    graph, done = imports_by_module(), set()

    def visit(module, path):
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        for other in sorted(graph[module]):
            if found := visit(other, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


def picture() -> str:
    """Draws rooms and arrows as a Mermaid graph; an arrow that others imply is left out."""
    pairs = arrows()
    shown = {(a, b) for a, b in pairs if not _implied(a, b, pairs)}
    rooms = sorted({room for pair in pairs for room in pair})
    lines = ["```mermaid", "graph TD"]
    lines += [f'  {_id(room)}["{room.replace(".", "/")}"]' for room in rooms]
    lines += [f"  {_id(a)} --> {_id(b)}" for a, b in sorted(shown)]
    return "\n".join([*lines, "```", ""])


def _id(room):
    return re.sub(r"\W+", "_", room)


def _implied(a, b, pairs):
    """Whether a longer way leads from a to b."""
    reached, waiting = set(), [y for x, y in pairs if x == a and y != b]
    while waiting:
        room = waiting.pop()
        if room not in reached:
            reached.add(room)
            waiting += [y for x, y in pairs if x == room]
    return b in reached


def main() -> None:
    """Draws the picture anew."""
    text = PICTURE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    PICTURE.write_text(before + START + picture() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
