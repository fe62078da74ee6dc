"""The page's server: what each address answers."""

import asyncio
import json
import logging
import pathlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import open_parts
from model.expression_presets import PRESETS
from web.guard import Guard
from web.studio import Studio, strengths_of
from web.uploads import MAX_PHOTOGRAPH_BYTES, TooLargeError, decode_photograph, read_body

STATIC = pathlib.Path(__file__).with_name("static")
# Photographs that the page offers to those who have none at hand; no decoder was trained on them.
SAMPLES = tuple(
    f"us_congress_{name}.jpg" for name in "D000617 C001061 J000126 R000595 S001164 B001263".split()
)
_MAX_FIELDS_BYTES = 100_000
# More requests than this at once are no person at a page.
_MOST_WAITING = 16
_GLB = "model/gltf-binary"


class _Queue:
    """Does one piece of work after the other: each of them takes all cores that it can use."""

    def __init__(self):
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio")
        self._waiting = 0

    async def __call__(self, function: Callable, *arguments) -> Any:
        if self._waiting >= _MOST_WAITING:
            raise BusyError("too many requests at once; try again")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._worker, function, *arguments)
        except ValueError:
            raise
        # Whatever a photograph does to the detector or the decoder: the server goes on.
        except Exception as error:
            raise FaultError("this could not be computed; the server's console says why") from error
        finally:
            self._waiting -= 1


class BusyError(RuntimeError):
    """More requests wait than are taken."""


class FaultError(RuntimeError):
    """Something failed that is not the request's fault."""


def make_app(
    studio: Studio, port: int, local_files: Mapping[str, pathlib.Path] = MappingProxyType({})
) -> Guard:
    """Makes the ASGI application.

    Args:
      studio: does the work.
      port: of the loopback address at which the application is served.
      local_files: what a browser needs to read photographs itself (`web.local_files`), by name;
        nothing where it cannot.
    """
    in_turn = _Queue()

    async def base(request: Request) -> Response:
        return Response(studio.base, media_type=_GLB)

    async def sample(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in SAMPLES:
            return PlainTextResponse("There is no such photograph.", 404)
        return FileResponse(open_parts.PHOTOS / name)

    async def start(request: Request) -> Response:
        fields = {
            "samples": SAMPLES,
            "crop": studio.crop,
            "local": bool(local_files and studio.crop),
        }
        return JSONResponse(studio.coefficients | fields)

    async def presets(request: Request) -> Response:
        titled = {name.capitalize(): dict(strengths) for name, strengths in PRESETS.items()}
        return JSONResponse({"Neutral": {}, **titled})

    async def local(request: Request) -> Response:
        path = local_files.get(request.path_params["name"])
        return FileResponse(path) if path else PlainTextResponse("There is no such file.", 404)

    async def face(request: Request) -> Response:
        data = await read_body(request, MAX_PHOTOGRAPH_BYTES)
        return JSONResponse(await in_turn(lambda: studio.read(decode_photograph(data))))

    async def surface(request: Request) -> Response:
        person = studio.person(await _fields(request))
        data = await in_turn(studio.surface, person)
        return Response(data, media_type="application/octet-stream")

    async def file(request: Request) -> Response:
        fields = await _fields(request)
        person, strengths = studio.person(fields), strengths_of(fields)
        return Response(await in_turn(studio.file, person, strengths), media_type=_GLB)

    app = Starlette(
        routes=[
            Route("/", lambda request: FileResponse(STATIC / "index.html")),
            Route("/base.glb", base),
            Route("/start", start),
            Route("/presets.json", presets),
            Route("/samples/{name}", sample),
            Route("/local/{name}", local),
            Route("/face", face, methods=["POST"]),
            Route("/surface", surface, methods=["POST"]),
            Route("/face.glb", file, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={
            TooLargeError: _answer(413),
            ValueError: _answer(422),
            BusyError: _answer(503),
            FaultError: _answer(500),
            # Who has left hears no answer.
            ClientDisconnect: _answer(400),
        },
    )
    return Guard(app, port)


async def _fields(request: Request) -> dict:
    """Reads the body of a request as a JSON object.

    Raises:
      ValueError: it is none.
    """
    data = await read_body(request, _MAX_FIELDS_BYTES)
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("the request is no JSON") from None
    if not isinstance(fields, dict):
        raise ValueError("the request is no JSON object")
    return fields


def _answer(status: int) -> Callable:
    """Makes what answers an error with one line, which begins with a capital letter."""

    async def answer(request: Request, error: Exception) -> Response:
        if error.__cause__ and status == 500:
            logging.getLogger(__name__).warning("%s: %r", request.url.path, error.__cause__)
        line = " ".join(str(error).split())
        return PlainTextResponse(line[:1].upper() + line[1:], status)

    return answer
