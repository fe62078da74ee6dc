"""The page of a report, as text and in a browser."""

import json
import re
import shutil
import time

import numpy as np
import pytest
import trimesh

from evaluation.page import to_page
from evaluation.section import Section
from evaluation.table import Table
from evaluation.turning_mesh import ColorScale, MeshFigure, TurningMesh, distance_mesh
from storage.images import png


def _meshes():
    """Two heads of different colors, left red and right green, with a nose."""
    sphere = trimesh.creation.icosphere(3)
    vertices = sphere.vertices * (70, 100, 80)
    red = np.uint8(np.where(vertices[:, :1] < 0, (255, 0, 0), (0, 255, 0)))
    poster = png(np.full((32, 32, 3), 90, np.uint8))
    face = TurningMesh("a <face>", vertices, sphere.faces, red, poster)
    errors = np.linspace(0, 5, len(vertices))
    return (face, distance_mesh("its error", vertices, sphere.faces, errors, 4.0, poster))


@pytest.fixture
def page():
    table = Table("Cosine of a & b", ["decoder", "mean"], [["x", 0.5]], "A note.")
    figure = MeshFigure("A face & its error.", _meshes(), png(np.zeros((8, 8, 3), np.uint8)))
    mapped = MeshFigure("Again.", _meshes(), b"", ColorScale(4.0, "mm"))
    sections = [
        Section([table], title="Cosines", findings=["Half is 0.5."]),
        Section(metrics={"nothing": "to see"}),
        Section(title="Cosines", meshes=[figure, mapped]),
    ]
    return to_page("Faces", "python eval.py", {"data": "made up"}, ["None."], sections)


def test_each_section_has_a_heading_and_a_link_to_it(page):
    anchors = re.findall(r'<section id="([^"]+)"><h2>([^<]+)</h2>', page)
    assert anchors == [("cosines", "Cosines"), ("cosines-1", "Cosines"), ("limits", "Limits")]
    assert re.findall(r'<a href="#([^"]+)">', page) == [anchor for anchor, _ in anchors]


def test_the_page_can_be_read_without_javascript(page):
    text = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    for part in ("Half is 0.5.", "A note.", "A face &amp; its error.", "a &lt;face&gt;", "4 mm"):
        assert part in text
    # A photograph and the pictures of four meshes.
    assert text.count('src="data:image/png;base64,') == 5
    assert "<b>Figure 1.</b>" in text and "<b>Figure 2.</b>" in text


def test_the_page_needs_nothing_else(page):
    assert "http" not in page and "import " not in page


def test_a_page_without_meshes_has_no_script():
    assert "<script" not in to_page("t", "c", {}, [], [Section(findings=["So it is."])])


@pytest.fixture
def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "enable-unsafe-swiftshader", "use-gl=angle"):
        options.add_argument(f"--{argument}")
    options.add_argument("--use-angle=swiftshader")
    options.add_argument("--window-size=1200,1500")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


_MIDDLE = """
  const canvas = document.querySelectorAll("canvas")[arguments[0]];
  const [w, h] = [canvas.width, canvas.height];
  const at = (x, y) => [...canvas.getContext("2d").getImageData(x * w, y * h, 1, 1).data];
  return [at(0.4, 0.5), at(0.6, 0.5), at(0.02, 0.02)];
"""


def _wait_for_pixels(browser, condition):
    """Waits until the pixels are as they should be; a busy machine draws late."""
    end = time.monotonic() + 20
    while not condition(*(pixels := browser.execute_script(_MIDDLE, 0))):
        assert time.monotonic() < end, (condition, pixels)
        time.sleep(0.1)


def test_meshes_turn_in_a_browser_without_errors(page, browser, tmp_path):
    from selenium.webdriver import ActionChains

    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    browser.get(path.as_uri())
    canvases = browser.find_elements("tag name", "canvas")
    assert len(canvases) == 4
    browser.execute_script(
        "arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})", canvases[0]
    )
    _wait_for_pixels(
        browser,
        lambda left, right, corner: (
            left[0] > 100 > left[1] and right[1] > 100 > right[0] and corner[3] == 0
        ),
    )
    # A quarter of a turn to the right: the left half comes to the front.
    ActionChains(browser).drag_and_drop_by_offset(canvases[0], 140, 0).perform()
    _wait_for_pixels(
        browser, lambda left, right, _: left[0] > 100 > left[1] and right[0] > 100 > right[1]
    )
    browser.find_element("tag name", "button").click()
    _wait_for_pixels(browser, lambda left, *_: max(left[:3]) - min(left[:3]) < 4)
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors, json.dumps(errors)
