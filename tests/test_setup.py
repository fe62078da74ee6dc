"""The package list names every package, and every script."""

import ast
import pathlib

from tests import house

ROOT = pathlib.Path(__file__).parent.parent


def _listed(name):
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == name:
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"setup.py has no {name}")


def test_every_package_is_listed():
    packages = {name for name, path in house.modules().items() if path.name == "__init__.py"}
    assert _listed("packages") == packages


def test_every_module_at_the_root_is_listed():
    modules = {name for name, path in house.modules().items() if path.parent == ROOT}
    assert _listed("py_modules") == modules
