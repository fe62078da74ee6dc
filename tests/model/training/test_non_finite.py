"""The check of numbers: it names what is not finite."""

import math

import pytest
import tensorflow as tf

from model.training.non_finite import NonFiniteError, check_finite


def _variables(value=1.0):
    return [tf.Variable(3, name="step"), tf.Variable([[0.5, value]], name="kernel")]


def test_finite_numbers_pass():
    check_finite({"loss": 1.0, "identity": 0.0}, _variables())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_term_is_named_and_not_the_sum(bad):
    with pytest.raises(NonFiniteError, match="^the loss term loopback, parameter is not finite$"):
        check_finite({"loss": bad, "identity": 1.0, "loopback": bad, "parameter": bad}, [])
    with pytest.raises(NonFiniteError, match="^the loss term loss is not finite$"):
        check_finite({"loss": bad, "identity": 1.0}, [])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_spoilt_variable_is_found_while_the_loss_looks_well(bad):
    with pytest.raises(NonFiniteError, match="the variable kernel:0 is not"):
        check_finite({"loss": 1.0}, _variables(bad))


def test_it_is_an_error_of_the_input():
    assert issubclass(NonFiniteError, FloatingPointError)
