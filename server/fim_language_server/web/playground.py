"""The playground: a page with an editor, its files, and the language server behind it, on loopback only.

Every address begins with the token, so the page's own requests carry it without knowing it, and a page of another
origin can ask for nothing. Nothing is loaded from elsewhere: the Content-Security-Policy says so to the browser.
"""

from __future__ import annotations

import json
import logging
import mimetypes
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from attrs import field, frozen

from fim_language_server.web.serving import serve_application
from fim_language_server.web.websocket import Connect, Guard, answer_websocket

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

INDEX = "index.html"

_POLICY: tuple[str, ...] = (
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # Monaco writes its colours into the page.
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self' ws://{host}",  # Safari does not take 'self' for the socket of the same host.
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


@frozen
class OpenedFile:
    """A file to begin with."""

    uri: str
    language_id: str
    text: str = field(repr=False)


@frozen
class OpenedWorkspace:
    """Workspace that the page opens: a folder, and perhaps a file of it. Settings stay in the server."""

    folder_uri: str
    folder_name: str
    file: OpenedFile | None = None

    def as_json(self) -> Mapping[str, object]:
        """Return it as the page reads it (editors/playground/src/main.ts)."""
        file = self.file and {"uri": self.file.uri, "languageId": self.file.language_id, "text": self.file.text}
        return {"folder": {"uri": self.folder_uri, "name": self.folder_name}, "file": file}


@frozen
class Playground:
    """Page and clients of the playground. `files` are the page's own, by name: no other is ever read."""

    files: Mapping[str, bytes] = field(repr=False)
    opened: OpenedWorkspace
    connect: Connect
    guard: Guard

    def application(self) -> web.Application:
        """Return the addresses: the page, its files, `session.json` and the socket `lsp`."""
        application = web.Application()
        for path, handler in (("lsp", self._speak), ("session.json", self._tell_opened), ("{name}", self._send_file)):
            application.router.add_get(f"/{{token}}/{path}", self._guarded(handler))
        application.router.add_get("/{token}/", self._guarded(self._send_file))
        return application

    def _guarded(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if refusal := self.guard.refusal(request):
                logger.warning("a page was refused: %s", refusal)
                return web.Response(status=403, text="Open the address that the playground printed.\n")
            return await handler(request)

        return handle

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        return await answer_websocket(request, self.connect)

    async def _tell_opened(self, request: web.Request) -> web.StreamResponse:
        return _answer(request, json.dumps(self.opened.as_json()).encode(), "application/json")

    async def _send_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", INDEX)
        content = self.files.get(name)
        if content is None:
            return web.Response(status=404, text="There is no such file.\n")
        return _answer(request, content, mimetypes.guess_type(name)[0] or "application/octet-stream")


def _answer(request: web.Request, content: bytes, content_type: str) -> web.Response:
    headers = {
        "Content-Security-Policy": "; ".join(_POLICY).format(host=request.host),
        "Cache-Control": "no-store",  # The address is a secret, and the page shows the user's code.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    charset = "utf-8" if content_type.startswith("text/") else None
    return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)


async def serve_playground(host: str, port: int, playground: Playground, announce: Callable[[str], None]) -> None:
    """Serve until cancelled; `announce` is told the page's address, which is a secret.

    Raises OSError where the port cannot be had.
    """

    def tell(address: str) -> None:
        announce(f"http://{address}/{playground.guard.token}/")

    await serve_application(playground.application(), host, port, tell)
