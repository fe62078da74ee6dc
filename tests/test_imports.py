"""Imports point one way: mesh_renderer <- model <- data_pipeline; losses and evaluation alone."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
ALLOWED = {
    "mesh_renderer": set(),
    "losses": set(),
    "open_parts": set(),
    "evaluation": set(),
    "model": {"mesh_renderer", "losses", "open_parts"},
    "data_pipeline": {"mesh_renderer", "model", "open_parts"},
}
OURS = set(ALLOWED) | {
    "train",
    "train_recognizer",
    "eval",
    "reconstruct",
    "scene_flags",
    "judge_face_model",
}


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_imports_point_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            imported = {name.split(".")[0] for name in names} & OURS
            foreign = imported - ALLOWED[package] - {package}
            assert not foreign, f"{path} imports {sorted(foreign)}"
            scorer = [name for name in names if package == "model" and "scorer" in name]
            assert not scorer, f"{path}: the scorer never enters training"
