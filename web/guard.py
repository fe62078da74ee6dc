"""Keeps other sites, other machines and large bodies away from the page's server.

The server listens on the loopback address alone. A site that is open in the same browser could
still reach it: by a plain request to its address, or by a name of its own that it lets point there
(DNS rebinding). The first sends its own origin, the second its own name as the host.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

_App = Callable[..., Awaitable[None]]
_NAMES = ("127.0.0.1", "localhost")
_SAME_SITE = ("same-origin", "none")

# Nothing is loaded from anywhere else. WebAssembly is for the network that runs in the browser, and
# images of the bytes of a file have addresses of the kinds blob: and data:.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self' blob:",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware that refuses what does not come from the page, and says what it may load."""

    def __init__(self, app: _App, port: int):
        """Wraps an application that is served on a port of this machine."""
        self._app = app
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port == 80:
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: MutableMapping[str, Any], receive, send) -> None:
        """Answers a request, or hands it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        answer = PlainTextResponse(refusal, 403) if refusal else self._app
        await answer(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers) -> str:
        """Says why a request is refused; the text is empty if it is not."""
        if headers.get("host") not in self._hosts:
            return "The host is not this machine; open the address that the command printed."
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return "The request comes from another site."
        if headers.get("sec-fetch-site", "none") not in _SAME_SITE:
            return "The request comes from another site."
        return ""
