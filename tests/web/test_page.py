"""The page's server, and the page in a headless browser."""

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import open_parts
from model.face_finding import FoundFace, NoFaceError
from model.face_models.load import load_face_model
from model.identity.canonical_crops import FIVE_POINT_CROP
from model.reconstructor import ReconstructedFace
from tests.browser import browser, running, wait_for
from tests.model.glb_reader import Glb
from tests.model.small_face_model import write_small_face_model
from web.page import SAMPLES, make_app
from web.studio import Studio
from web.uploads import MAX_PHOTOGRAPH_BYTES

PORT = 8000
HOST = f"127.0.0.1:{PORT}"


class FakeReconstructor:
    """Finds a face in the middle of each photograph that is not black."""

    class encoder:
        crop = FIVE_POINT_CROP

    def __init__(self, face_model):
        self.face_model = face_model
        generator = np.random.default_rng(0)
        self.shape, self.texture = (
            generator.normal(size=count).astype(np.float32)
            for count in (face_model.shape_components, face_model.texture_components)
        )

    def find(self, image):
        if not image.any():
            raise NoFaceError("no face found")
        points = FIVE_POINT_CROP.resized(min(image.shape[:2])).canonical_points()
        return FoundFace(points, (0, 0, 1, 1), 1.0)

    def cut(self, image, found):
        return image

    def reconstruct(self, crops):
        vertices = self.face_model.decode_shape(self.shape[None])[0].numpy()
        nothing = np.zeros(1, np.float32)
        return [ReconstructedFace(self.shape, self.texture, vertices, vertices, nothing, nothing)]


def _photograph(color="white", kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.h5"
    return FakeReconstructor(load_face_model(write_small_face_model(path)))


@pytest.fixture(scope="module")
def client(small):
    pytest.importorskip("httpx")
    from starlette.testclient import TestClient

    app = make_app(Studio(small), PORT)
    with TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("address", ["/", "/static/page.js", "/static/three.min.js", "/start"])
def test_everything_comes_from_this_server(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_photographs_that_no_decoder_saw(client, name):
    assert client.get(f"/samples/{name}").content[:2] == b"\xff\xd8"
    assert f"{name},test," in open_parts.SPLITS.read_text()


@pytest.mark.parametrize("name", ["us_congress_A000022.jpg", "..%2Fsplits.csv", "landmarks.csv"])
def test_no_other_files_are_served(client, name):
    assert client.get(f"/samples/{name}").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1:8001", ""])
def test_names_that_lead_here_from_elsewhere_are_refused(client, host):
    assert client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_are_refused(client, headers):
    answer = client.post("/face", content=_photograph(), headers=headers)
    assert answer.status_code == 403 and "another site" in answer.text


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}"])
def test_the_page_itself_is_not(client, host):
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert client.post("/face", content=_photograph(), headers=headers).status_code == 200


def test_a_photograph_becomes_a_face(client, small):
    fields = client.post("/face", content=_photograph(kind="JPEG")).json()
    np.testing.assert_allclose(fields["shape"], small.shape, atol=1e-4)
    assert fields["portrait"].startswith("data:image/jpeg;base64,")
    answer = client.post("/surface", json={k: fields[k] for k in ("shape", "texture")})
    vertices = small.face_model.n_vertices
    positions = np.frombuffer(answer.content[: 12 * vertices], np.float32).reshape(-1, 3)
    expected = small.face_model.decode_shape(small.shape[None])[0].numpy()
    np.testing.assert_allclose(1000 * positions, expected, atol=0.05)
    assert len(answer.content) == 20 * vertices
    file = client.post("/face.glb", json={k: fields[k] for k in ("shape", "texture")})
    np.testing.assert_allclose(Glb(file.content).attribute("POSITION"), positions)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "Not a readable image"),
        (b"no photograph", "Not a readable image"),
        (_photograph()[:60], "Not a readable image"),
        (_photograph("black"), "No face found"),
    ],
)
def test_bad_uploads_are_answered_with_a_line(client, data, reason):
    answer = client.post("/face", content=data)
    assert answer.status_code == 422
    assert answer.text.startswith(reason) and "\n" not in answer.text
    assert client.post("/face", content=_photograph()).status_code == 200


@pytest.mark.parametrize("said", [True, False])
def test_large_uploads_are_not_read(client, said):
    headers = {"content-length": str(MAX_PHOTOGRAPH_BYTES + 1)} if said else {}
    parts = (bytes(1_000_000) for _ in range(26))
    answer = client.post("/face", content=b"" if said else parts, headers=headers)
    assert answer.status_code == 413 and "More than 25 MB" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{}", "[" * 50_000, '{"shape": "x"}', '{"shape": [1e999], "texture": [0]}'),
        *('{"shape": [NaN], "texture": [0]}', '{"shape": [99], "texture": [0]}'),
    ],
)
@pytest.mark.parametrize("address", ["/surface", "/face.glb"])
def test_bad_fields_are_answered_with_a_line(client, address, body):
    answer = client.post(address, content=body)
    assert answer.status_code == 422 and "\n" not in answer.text and answer.text


@pytest.mark.parametrize("expressions", [[], {"jawOpen": "x"}, {"jawOpen": 7}, {"jawOpen": None}])
def test_bad_expressions_are_answered_with_a_line(client, small, expressions):
    fields = {"shape": small.shape.tolist(), "texture": small.texture.tolist()}
    answer = client.post("/face.glb", json=fields | {"expressions": expressions})
    assert answer.status_code == 422 and answer.text.startswith("Expressions")


def test_faults_do_not_end_the_server(client, small, monkeypatch):
    monkeypatch.setattr(small, "reconstruct", lambda crops: 1 / 0)
    assert client.post("/face", content=_photograph()).status_code == 500
    monkeypatch.undo()
    assert client.post("/face", content=_photograph()).status_code == 200


def test_one_face_is_computed_at_a_time(client, small, monkeypatch):
    running, most = [], []

    def slow(image):
        running.append(1)
        most.append(len(running))
        time.sleep(0.05)
        running.pop()
        raise NoFaceError("no face found")

    monkeypatch.setattr(small, "find", slow)
    threads = [
        threading.Thread(target=lambda: client.post("/face", content=_photograph()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 4


def test_in_a_browser(tmp_path):
    """Upload, mesh, sliders and download, with the embedded face model."""
    reconstructor = FakeReconstructor(load_face_model(open_parts.FACE_MODEL))
    studio = Studio(reconstructor)
    (tmp_path / "me.png").write_bytes(_photograph())
    (tmp_path / "broken.png").write_bytes(b"no photograph")
    chin = reconstructor.face_model.landmarks["center.chin.tip"]
    with browser(downloads=tmp_path) as chrome, running(studio) as address:

        def run(script, *arguments):
            return chrome.execute_script(script, *arguments)

        def slide(name, value):
            script = (
                "const slider = document.querySelector(`input[name='${arguments[0]}']`);"
                "slider.value = arguments[1]; slider.dispatchEvent(new Event('input'));"
            )
            run(script, name, value)

        def vertex():
            return np.array(run("return studio.viewer.vertex(arguments[0])", chin)) * 1000

        def press(title):
            buttons = "[...document.querySelectorAll('button')]"
            run(f"{buttons}.find((b) => b.textContent === arguments[0]).click()", title)

        def upload(name):
            chrome.find_element("id", "chooser").send_keys(str(tmp_path / name))

        chrome.get(address)
        wait_for(lambda: run("return document.body.dataset.ready"))
        for name in ("Turn", "Blink"):
            press(name)
        mean = reconstructor.face_model.mean_vertices[chin]
        wait_for(lambda: np.abs(vertex() - mean).max() < 0.05)

        upload("broken.png")
        wait_for(lambda: "Not a readable image" in chrome.find_element("id", "message").text)
        upload("me.png")
        person = reconstructor.face_model.decode_shape(reconstructor.shape[None])[0].numpy()[chin]
        wait_for(lambda: np.abs(vertex() - person).max() < 0.1)
        assert run("return document.getElementById('portrait').naturalWidth") > 100

        slide("jawOpen", 1)
        wait_for(lambda: vertex()[1] < person[1] - 10)
        press("Shape")
        slide("shape 0", 3)
        changed = reconstructor.shape.copy()
        changed[0] = 3
        other = reconstructor.face_model.decode_shape(changed[None])[0].numpy()[chin]
        wait_for(lambda: abs(vertex()[0] - other[0]) < 0.6 and np.abs(vertex() - person).max() > 1)

        press("Download GLB")
        path = wait_for(lambda: [*tmp_path.glob("me.glb")])[0]
        wait_for(lambda: path.stat().st_size > 1_000_000)
        file = Glb(path.read_bytes())
        np.testing.assert_allclose(1000 * file.attribute("POSITION")[chin], other, atol=0.1)
        mesh = file.tree["meshes"][0]
        strength = mesh["weights"][mesh["extras"]["targetNames"].index("jawOpen")]
        assert strength == 1.0
        severe = [line for line in chrome.get_log("browser") if line["level"] == "SEVERE"]
        # The refused upload is there, and nothing else.
        assert all("face" in line["message"] and "422" in line["message"] for line in severe), (
            severe
        )
