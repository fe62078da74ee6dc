"""Imports point one way, without circles, and the picture of the house shows them."""

import pytest

from tests import house
from tests.house import FACES_FLOOR, METHOD_FLOOR

GROUND = {"storage", "open_parts", "losses", "mesh_renderer", "command_line", "flag_groups"}
MODEL = {FACES_FLOOR, METHOD_FLOOR, "model.face_models", "model.identity"}
# Which rooms the modules of a room may import, besides those of their own room.
ALLOWED = {
    "storage": set(),
    "losses": set(),
    "flag_groups": set(),
    "command_line": {"flag_groups"},
    "mesh_renderer": set(),
    "open_parts": {"command_line"},
    "evaluation": {"storage"},
    FACES_FLOOR: {"mesh_renderer", "storage"},
    "model.face_models": {FACES_FLOOR, "mesh_renderer", "storage", "open_parts", "command_line"},
    "model.identity": {FACES_FLOOR, "storage", "open_parts", "command_line"},
    METHOD_FLOOR: {"losses", "mesh_renderer", "storage", "open_parts", *MODEL},
    "model.training": {FACES_FLOOR, METHOD_FLOOR, "storage", "open_parts"},
    "flag_sets": {FACES_FLOOR, METHOD_FLOOR, "model.identity", "open_parts", "flag_groups"},
    "data_pipeline": {*GROUND, *MODEL, "flag_sets"},
    "stand_ins": {*GROUND, *MODEL, "data_pipeline"},
    "programs": {
        *(*GROUND, *MODEL, "model.training", "data_pipeline", "stand_ins"),
        *("evaluation", "flag_sets", "flag_groups"),
    },
    "photo_to_face": {*GROUND, *MODEL, "data_pipeline", "programs"},
    "web": {*GROUND, *MODEL, "data_pipeline", "flag_sets", "programs"},
    "export": {*GROUND, *MODEL, "data_pipeline", "flag_sets"},
    "scripts": {*GROUND, *MODEL, "model.training", "data_pipeline", "flag_sets", "programs"},
}


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_knows_only_those_below_it(room):
    for module, others in house.imports_by_module().items():
        if house.room_of(module) == room:
            foreign = {o for o in others if house.room_of(o) not in ALLOWED[room] | {room}}
            assert not foreign, f"{module} imports {sorted(foreign)}"


def test_every_room_has_its_rule():
    assert {house.room_of(module) for module in house.modules()} == set(ALLOWED)


def test_there_is_no_circle():
    assert house.circle() == []


def test_the_scorer_never_enters_training():
    for module, path in house.modules().items():
        if house.room_of(module) in {"losses", "data_pipeline", "model.training", *MODEL}:
            assert "open_parts.SCORER" not in path.read_text(encoding="utf-8"), module


def test_the_picture_shows_the_house_as_it_is():
    text = house.PICTURE.read_text(encoding="utf-8")
    drawn = text.split(house.START)[1].split(house.END)[0]
    assert drawn == house.picture(), "draw it anew: python -m tests.house"
