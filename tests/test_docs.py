"""Documents and configurations name files, modules and commands that are there."""

import importlib.util
import pathlib
import re

import pytest

from tests import house

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("open_parts/*.md")])
TEXTS = [*DOCUMENTS, *sorted(ROOT.glob("configs/**/*.cfg")), ROOT / "Makefile"]
# The changelog tells of what was.
CURRENT = [path for path in TEXTS if path.name != "CHANGELOG.md"]
MODULES = house.modules()
TOPS = {name.split(".")[0] for name in MODULES} | {"tests", "benchmarks"}


def _ids(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CURRENT, ids=_ids)
def test_commands_exist(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"python -m ([\w.]+)", text):
        if name.split(".")[0] in TOPS:
            found = importlib.util.find_spec(name)
            assert found, f"{path.name}: python -m {name}"
            # A package is run by its __main__ module.
            main = found.submodule_search_locations is None or importlib.util.find_spec(
                f"{name}.__main__"
            )
            assert main, f"{path.name}: python -m {name} has no __main__"
    for name in re.findall(r"python ([\w/]+\.py)", text):
        assert (ROOT / name).is_file(), f"{path.name}: python {name}"


@pytest.mark.parametrize("path", CURRENT, ids=_ids)
def test_files_and_modules_exist(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|cfg|md|cc|h|csv|npz|xml|cfg))`", text):
        if name.split("/")[0] in TOPS | {"docs", "configs"}:
            assert (ROOT / name).exists(), f"{path.name}: {name}"
    tops = "|".join(sorted(TOPS))
    for name in re.findall(rf"`((?:{tops})(?:\.\w+)+)`", text):
        if name.endswith((".py", ".md", ".cfg")):
            continue
        assert _known(name), f"{path.name}: {name}"


def _known(name):
    """Whether a dotted name is a module, or something that a module defines."""
    if name in MODULES or importlib.util.find_spec(name.split(".")[0]) is None:
        return True
    module = name
    while module not in MODULES and "." in module:
        module = module.rsplit(".", 1)[0]
    rest = name[len(module) + 1 :].split(".")[0]
    folder = ROOT / module.replace(".", "/")
    if folder.is_dir() and (folder / rest).exists():
        return True
    source = MODULES[module].read_text(encoding="utf-8") if module in MODULES else ""
    return bool(re.search(rf"\b(?:def|class) {rest}\b|^{rest}\b.*=", source, re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=_ids)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: {target}"
