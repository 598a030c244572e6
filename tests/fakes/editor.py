"""An editor in the same process: it passes messages to a language server and keeps the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

from attrs import define, field

from fim_language_server.app.company_files import CompanySettings
from fim_language_server.app.observing import Observing
from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.values import CompletionRequest, Document, Skip, Source, Suggestion
from fim_language_server.engine.decision_log import DecisionLog
from fim_language_server.engine.health import Pause
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.recording.starting import RecordingWish
from fim_language_server.lsp.server import FimLanguageServer, create_server
from fim_language_server.settings import Settings, narrowed, parse_settings
from tests.fakes.clock import settle

URI = "file:///project/a.py"


class StandInChain:
    """A chain without pauses."""

    def pause(self) -> Pause:
        return Pause()


@define
class StandInEngine:
    """Answers with `answer`, and keeps the calls it receives."""

    answer: Callable[[CompletionRequest], Awaitable[Suggestion | Skip]]
    watched: set[str] = field(factory=set)
    requests: list[CompletionRequest] = field(factory=list)
    views: list[Sequence[CompletionRequest]] = field(factory=list)
    closed: list[str] = field(factory=list)
    taken: list[str] = field(factory=list)
    unseen_ids: list[str] = field(factory=list)
    decisions: DecisionLog = field(factory=DecisionLog)

    async def complete(self, request: CompletionRequest, *, alternatives: bool) -> Sequence[Suggestion] | Skip:
        self.requests.append(request)
        answer = await self.answer(request)
        return answer if isinstance(answer, Skip) else [answer]

    @property
    def is_busy(self) -> bool:
        return False

    def is_watching(self, uri: str) -> bool:
        return uri in self.watched

    def note_change(self, uri: str, line: int) -> bool:
        return self.is_watching(uri)

    def observe_edit(self, views: Sequence[CompletionRequest]) -> None:
        self.views.append(views)

    def observe_close(self, uri: str) -> None:
        self.closed.append(uri)

    def accepted(self, suggestion_id: str) -> None:
        self.taken.append(suggestion_id)

    def unseen(self, suggestions: Sequence[Suggestion]) -> None:
        self.unseen_ids += [suggestion.id for suggestion in suggestions]

    @property
    def chain(self) -> StandInChain:
        return StandInChain()


async def echo(request: CompletionRequest) -> Suggestion | Skip:
    """Suggest the text of the cursor's line, which shows the snapshot of the request."""
    return Suggestion("s1", f"<{request.line_before}|{request.line_after}>", request, Source.PROVIDER)


@define
class StandInTargets:
    """Resolves links without a file system: by `known`; other paths are no links."""

    known: dict[str, str] = field(factory=dict)
    answers: asyncio.Event = field(factory=asyncio.Event)

    async def target_of(self, path: str) -> str:
        await self.answers.wait()
        return self.known.get(path, "")


@define
class StandInApplication:
    """A replacement for `app.Application` that keeps the calls it receives."""

    engine: StandInEngine
    settings: Settings = field(factory=Settings)
    company: CompanySettings = field(factory=CompanySettings)
    window: tuple[int, int] = (100, 100)
    request_window: tuple[int, int] = (100, 100)
    provider_name: str = "mistral"
    model: str = "codestral"
    configured: list[Any] = field(factory=list)
    files: list[str] = field(factory=list)
    folders: list[Sequence[str]] = field(factory=list)
    configure_error: Exception | None = None
    on_configure: Callable[[], CompanySettings] | None = None
    opened: int = 0
    is_warm: bool = False
    is_closed: bool = False
    excluded: set[str] = field(factory=set)  # URIs
    next_edit_model: Any = None
    next_edits: list[tuple[str, str, str, Outcome]] = field(factory=list)

    def is_excluded(self, document: Document) -> bool:
        return document.uri in self.excluded

    def record_next_edit(self, uri: str, language_id: str, source: str, outcome: Outcome) -> None:
        self.next_edits.append((uri, language_id, source, outcome))

    observing: Observing = field(factory=Observing)

    async def configure(self, raw: Any, workspace: Sequence[Any] = ()) -> list[str]:
        if self.configure_error:
            raise self.configure_error
        self.company = self.on_configure() if self.on_configure else self.company
        self.configured.append(raw)
        self.settings, problems = parse_settings(raw)
        for layer in workspace:
            self.settings = narrowed(self.settings, parse_settings(layer)[0])
        return problems

    async def warm_up(self) -> None:
        self.is_warm = True

    def document_opened(self) -> None:
        self.opened += 1

    def files_changed(self, paths: Sequence[str]) -> None:
        self.files += paths

    async def set_folders(self, folders: Sequence[str]) -> None:
        self.folders.append(folders)

    async def close(self) -> None:
        self.is_closed = True


class FakeEditor:
    """Sends messages to a language server in this process, and keeps the messages that it sends."""

    def __init__(
        self,
        answer: Callable[[CompletionRequest], Awaitable[Suggestion | Skip]] = echo,
        *,
        is_network: bool = False,
        settings: object = None,
        recording: RecordingWish | None = None,
        clock: Clock = SystemClock(),  # noqa: B008
    ) -> None:
        self.engine = StandInEngine(answer)
        self.application = StandInApplication(self.engine)
        self.application_may_come = asyncio.Event()
        self.application_may_come.set()
        self.load_error: Exception | None = None
        self.status: Any = None  # the listener of the application
        self.received: list[dict[str, Any]] = []
        self.server: FimLanguageServer = create_server(
            self._receive,
            make_application=self._make_application,
            origin=Origin(is_network, settings, recording),
            clock=clock,
        )
        self.targets = StandInTargets()
        self.targets.answers.set()
        self.server.session.links.targets = self.targets  # type: ignore[assignment]
        self._ids = 0

    async def _make_application(self, _workspace: Any, status: Any, _features: Any) -> Any:
        self.status = status
        await self.application_may_come.wait()
        if self.load_error:
            raise self.load_error
        return self.application

    def _receive(self, body: bytes) -> None:
        self.received.append(json.loads(body))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    def write(self, message: Any) -> None:
        """Send any JSON, or any text."""
        self.server.receive(message if isinstance(message, str | bytes) else json.dumps(message).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.write({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any = None) -> int:
        self._ids += 1
        self.write({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        return self._ids

    async def ask(self, method: str, params: Any = None) -> Any:
        """Send a request and return the whole answer."""
        return await self.answer_to(self.request(method, params))

    async def answer_to(self, request_id: Any) -> Any:
        """Return the one answer to a request; fails where there is none, or more."""
        await settle()
        answers = [message for message in self.received if message.get("id") == request_id and "method" not in message]
        assert len(answers) == 1, f"{len(answers)} answers to {request_id}"
        return answers[0]

    async def initialize(self, capabilities: Any = None, options: Any = None, **params: Any) -> Any:
        answer = await self.ask(
            "initialize",
            {"processId": None, "capabilities": capabilities or {}, "initializationOptions": options, **params},
        )
        self.notify("initialized", {})
        await settle()
        return answer["result"]

    def open(self, text: str, uri: str = URI, language_id: str = "python") -> None:
        item = {"uri": uri, "languageId": language_id, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, *changes: dict[str, Any], version: int = 2, uri: str = URI) -> None:
        identifier = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": list(changes)})

    def notifications(self, method: str) -> list[Any]:
        """Return the parameters of all notifications of a method so far."""
        return [message["params"] for message in self.received if message.get("method") == method]

    def asked(self, method: str) -> list[dict[str, Any]]:
        """Return the server's own requests of a method so far."""
        return [message for message in self.received if message.get("method") == method and "id" in message]

    def reply(self, request: dict[str, Any], result: Any = None, error: Any = None) -> None:
        """Answer one of the server's requests."""
        outcome = {"error": error} if error else {"result": result}
        self.write({"jsonrpc": "2.0", "id": request["id"], **outcome})


def completion_params(line: int, character: int, uri: str = URI, **context: Any) -> dict[str, Any]:
    """Return the parameters of an inline completion request."""
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 2, **context},
    }


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    """Return one incremental change."""
    places = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}
