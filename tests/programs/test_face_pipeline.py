"""Stages beside each other keep the order, and run ahead only so far."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from programs.face_pipeline import ahead, batches
from programs.face_sheet import COLUMNS, FaceSheet


def test_results_come_in_order_and_few_are_waiting():
    taken, most = 0, 0

    def items():
        for number in range(20):
            nonlocal most
            most = max(most, number - taken)
            yield number

    with ThreadPoolExecutor(4) as executor:
        for number in ahead(executor, lambda x: -x, items(), depth=3):
            assert number == -taken
            taken += 1
    assert taken == 20 and most <= 4


def test_what_is_done_is_not_held_back():
    """The first photograph is reported while others are still read."""
    others = threading.Event()
    with ThreadPoolExecutor(2) as executor:
        results = ahead(executor, lambda k: k or others.wait(9), iter([1, 2, 0, 3]), depth=2)
        assert next(results) == 1 and not others.is_set()
        others.set()
        assert list(results) == [2, True, 3]


def test_errors_reach_the_caller():
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        list(ahead(executor, lambda k: 1 // k, [1, 0]))


def test_the_first_item_does_not_wait_for_others():
    assert list(batches(range(6), 3)) == [[0], [1, 2, 3], [4, 5]]
    assert list(batches([])) == []


def test_a_sheet_has_heads_names_and_gaps():
    sheet = FaceSheet()
    assert sheet.jpeg() is None
    strip = np.zeros([128, 128 * len(COLUMNS), 3], np.uint8)
    for name in ("a", "b" * 300, "c"):
        sheet.add(name, strip)
    image = sheet.image()
    dark = image.max(axis=(2,)) < 20
    # Two strips in a row with a gap between them, and text around.
    assert dark[60].sum() == 2 * strip.shape[1] and dark[200].sum() == strip.shape[1]
    assert (image[:20].min() < 200) and (image[151:166].min() < 200)
    assert image[:, :14].min() == 255 and image[:, -14:].min() == 255
