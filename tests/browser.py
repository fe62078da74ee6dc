"""A headless browser for tests; they skip where there is none."""

import contextlib
import functools
import http.server
import pathlib
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

_SIZE = "1000,700"
# Without a GPU, graphics are computed by the processor.
_ARGUMENTS = (
    *("--headless=new", "--no-sandbox", f"--window-size={_SIZE}", "--hide-scrollbars"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
)


@contextlib.contextmanager
def browser(downloads: pathlib.Path | None = None) -> Iterator:
    """Starts Chromium; files that a page saves go to the folder `downloads`."""
    webdriver = pytest.importorskip("selenium.webdriver")
    driver = shutil.which("chromedriver")
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if not driver or not binary:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    if downloads:
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        chrome.set_script_timeout(120)
        yield chrome
    finally:
        chrome.quit()


def wait_for(condition: Callable, seconds: float = 120.0):
    """Returns the first value of `condition` that is true; fails if there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"nothing came within {seconds:g} s")


@contextlib.contextmanager
def served(folder: pathlib.Path) -> Iterator[str]:
    """Serves a folder on a free port of this machine; yields the address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def running(studio, local_files: dict[str, pathlib.Path] | None = None) -> Iterator[str]:
    """Serves the page of `web` for a studio; yields the address."""
    uvicorn = pytest.importorskip("uvicorn")
    from web.page import make_app

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = make_app(studio, port, local_files or {})
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(timeout=10)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Says nothing."""
