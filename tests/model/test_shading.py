"""Shading: what it accepts, and that settings are read without TensorFlow."""

import json
import math
import pathlib
import subprocess
import sys

import pytest

from model.shading import Shading

ROOT = pathlib.Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"color_space": "xyz"}, "color_space is 'xyz'; it must be one of srgb, linear"),
        ({"color_space": None}, "color_space is None"),
        ({"specular": -0.1}, "specular is -0.1; the constant c must lie in 0..1"),
        ({"specular": 1.1}, "specular is 1.1"),
        ({"specular": math.nan}, "specular is nan"),
        ({"specular": "0.5"}, "specular is '0.5'; it must be a number"),
        ({"specular": True}, "specular is True; it must be a number"),
        ({"shininess": -1.0}, "shininess is -1.0; it must be finite and at least 0"),
        ({"shininess": math.inf}, "shininess is inf"),
        ({"shininess": None}, "shininess is None; it must be a number"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(ValueError) as error:
        Shading(**values)
    assert message in str(error.value)


def test_a_shading_survives_json():
    shading = Shading("linear", 0.0, 20.0)
    assert Shading(**json.loads(json.dumps(vars(shading)))) == shading


def test_settings_are_defined_without_tensorflow():
    modules = "model.shading, model.scene_ranges, model.loss_weights"
    program = f"import sys, {modules}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
