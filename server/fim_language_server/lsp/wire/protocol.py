"""JSON-RPC by LSP's rules, on pygls' protocol class: each message goes to its handler, each request is answered.

pygls' own dispatch and handlers are not used (its handlers keep documents, log parameters and exit from within a
callback; `handlers.py` has all methods of this server). The differences, each for a reason met in practice:

- A request is always answered: invalid parameters with -32602, a request before `initialize` with -32002, one
  after `shutdown` with -32600; pygls sends nothing, and the editor waits.
- A body that is no message is answered with an error and has no other effect: no JSON (-32700), an array, a number
  (-32600).
- A handler runs at dispatch, before the next message; only the awaitable that it returns runs later. So the snapshot
  of a request is not changed by later edits, on any transport.
- No error carries a traceback, none opens a window, and no parameters are logged.
"""

from __future__ import annotations

import asyncio
import contextvars
import enum
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcRequestCancelled
from pygls.protocol import LanguageServerProtocol

from fim_language_server.lsp.wire.fields import InvalidParams
from fim_language_server.lsp.wire.next_edit_parameters import COPILOT_INLINE_EDIT
from fim_language_server.lsp.wire.parameters import read_params

logger = logging.getLogger(__name__)

VERSION = "2.0"
_ERRORS = types.ErrorCodes
_REQUEST_CANCELLED = types.LSPErrorCodes.RequestCancelled

MessageId = str | int

REQUESTS = frozenset(
    {
        types.INITIALIZE,
        types.SHUTDOWN,
        types.TEXT_DOCUMENT_COMPLETION,
        types.TEXT_DOCUMENT_INLINE_COMPLETION,
        types.WORKSPACE_EXECUTE_COMMAND,
        COPILOT_INLINE_EDIT,
    }
)
"""The methods that are requests. All others are notifications; a client that sends one with an id gets null."""

_ALSO_NOTIFICATIONS = frozenset({types.WORKSPACE_EXECUTE_COMMAND})
"""Requests that are carried out without an id, too: copilot.el runs the command of an accepted edit like that."""


class LifecycleStage(enum.Enum):
    """The stage of a session (LSP 3.18, "Server lifecycle")."""

    NEW = "new"
    RUNNING = "running"
    SHUT_DOWN = "shut down"


class MessageObserver(Protocol):
    """Receives requests, answers and notifications, for a recording of the session."""

    def asked(self, msg_id: MessageId, method: str, params: Any) -> None:
        """Receive a request before it is handled."""
        ...

    def answered(self, msg_id: MessageId, result: Any, end: str = "answered") -> None:
        """Receive the answer to a request; `end` is `cancelled` or `refused` where it is an error."""
        ...

    def let_go(self, msg_id: Any) -> None:
        """Receive that the client cancels a request."""
        ...

    def sent(self, method: str, params: Any) -> None:
        """Receive a notification to the client."""
        ...


class FimProtocol(LanguageServerProtocol):
    """The messages of one client. `send` takes the body of a message and must not block."""

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.send: Callable[[bytes], None] = lambda body: None
        self.stage = LifecycleStage.NEW
        self.observer: MessageObserver | None = None
        self._encode = json.JSONEncoder(default=self._serialize_message, separators=(",", ":")).encode
        self._running: dict[MessageId, asyncio.Future[Any]] = {}  # the client's requests; pygls keeps the server's own
        self._unanswered: set[asyncio.Future[Any]] = set()

    def receive(self, body: bytes | str) -> None:
        """Handle the body of one message. Never raises."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            logger.warning("a message of %d bytes is not JSON; ignored", len(body))
            self._refuse(None, _ERRORS.ParseError, "the message is not JSON")
            return
        if not isinstance(message, dict):
            # LSP has no batches: "The protocol doesn't support batches" (base protocol).
            self._refuse(None, _ERRORS.InvalidRequest, "expected one message, which is an object")
            return
        try:
            self._dispatch(message)
        except Exception:
            logger.exception("a message could not be handled")
            if _is_id(message.get("id")) and "method" in message:
                self._refuse(message["id"], _ERRORS.InternalError, "internal error; see the server's log")

    async def cancel_requests(self, *, but: asyncio.Future[Any] | None = None) -> None:
        """Cancel the running requests except `but`, and wait until they have ended and are answered."""
        tasks = [task for task in (*self._running.values(), *self._unanswered) if task is not but]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for future in list(self._request_futures.values()):
            future.cancel()  # the server's own requests
        self._request_futures.clear()
        self._result_types.clear()

    def notify(self, method: str, params: Any | None = None) -> None:
        """Send a notification; no effect after `shutdown`."""
        if self.stage is not LifecycleStage.SHUT_DOWN:
            if self.observer is not None:
                self.observer.sent(method, params)
            super().notify(method, params)

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: MessageId | None = None,
    ) -> Future[Any]:
        """Send a request; the future raises JsonRpcException where the client refuses, or after `shutdown`."""
        if self.stage is not LifecycleStage.SHUT_DOWN:
            return super().send_request(method, params, callback, msg_id)
        cancelled: Future[Any] = Future()
        cancelled.set_exception(JsonRpcRequestCancelled("the session is over"))
        return cancelled

    # --- what comes in -------------------------------------------------------------------------------------

    def _dispatch(self, message: Mapping[str, Any]) -> None:
        method, msg_id = message.get("method"), message.get("id")
        if message.get("jsonrpc") != VERSION:
            self._refuse(msg_id, _ERRORS.InvalidRequest, f'jsonrpc: expected "{VERSION}"')
        elif isinstance(method, str) and "id" not in message:
            self._handle_notification(method, message.get("params"))
        elif isinstance(method, str) and _is_id(msg_id):
            self._handle_request(msg_id, method, message.get("params"))
        elif "method" not in message and _is_id(msg_id) and ("result" in message or "error" in message):
            self._handle_answer(msg_id, message)
        elif "method" in message or "id" not in message:
            self._refuse(msg_id, _ERRORS.InvalidRequest, "expected a request, a notification or an answer")

    def _handle_request(self, msg_id: Any, method_name: str, params: Any) -> None:
        handler = self.fm.features.get(method_name)
        if refusal := self._out_of_order(method_name):
            self._refuse(msg_id, *refusal)
        elif handler is None:
            self._refuse(msg_id, _ERRORS.MethodNotFound, f"{method_name} is not supported")
        else:
            try:
                read = read_params(method_name, params)
            except InvalidParams as error:
                logger.warning("%s refused: %s", method_name, error.message)
                self._refuse(msg_id, _ERRORS.InvalidParams, error.message)
            else:
                # In a context of its own, in which an observer notes the request: its task inherits it.
                contextvars.copy_context().run(self._answer_with, handler, read, msg_id, method_name)
                if method_name == types.INITIALIZE:
                    self.stage = LifecycleStage.RUNNING

    def _out_of_order(self, method: str) -> tuple[enum.Enum, str] | None:
        if self.stage is LifecycleStage.SHUT_DOWN:
            return _ERRORS.InvalidRequest, "the server is shutting down"
        if self.stage is LifecycleStage.NEW and method != types.INITIALIZE:
            return _ERRORS.ServerNotInitialized, "the first request must be initialize"
        if self.stage is LifecycleStage.RUNNING and method == types.INITIALIZE:
            return _ERRORS.InvalidRequest, "the server is initialized already"
        return None

    def _answer_with(self, handler: Callable[[Any], Any], params: Any, msg_id: MessageId, method: str) -> None:
        if self.observer is not None:
            self.observer.asked(msg_id, method, params)
        try:
            result = handler(params)
        except Exception as error:  # noqa: BLE001 (it is answered, and logged with its traceback)
            self._answer_failed(msg_id, method, error)
            return
        if not inspect.isawaitable(result):
            self._send_response(msg_id, result)
            return
        task = asyncio.ensure_future(result)
        self._running[msg_id] = task
        task.add_done_callback(lambda done: self._task_done(done, msg_id, method))

    def _task_done(self, task: asyncio.Future[Any], msg_id: MessageId, method: str) -> None:
        if self._running.get(msg_id) is task:
            del self._running[msg_id]
        if task.cancelled():
            self._refuse(msg_id, _REQUEST_CANCELLED, "the request was cancelled")
        elif (error := task.exception()) is None:
            self._send_response(msg_id, task.result())
        else:
            self._answer_failed(msg_id, method, error)

    def _answer_failed(self, msg_id: MessageId, method: str, error: BaseException) -> None:
        if isinstance(error, JsonRpcException):
            self._refuse(msg_id, error.code, error.message)
            return
        logger.error("%s failed", method, exc_info=error)
        self._refuse(msg_id, _ERRORS.InternalError, "internal error; see the server's log")

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if method_name == types.CANCEL_REQUEST:
            self._cancel(params)
            return
        # A request without an id cannot be answered, so it must have no effect either.
        is_request = method_name in REQUESTS and method_name not in _ALSO_NOTIFICATIONS
        handler = None if is_request else self.fm.features.get(method_name)
        wanted = self.stage is LifecycleStage.RUNNING or method_name == types.EXIT
        if handler is None or not wanted:
            logger.debug("notification %s ignored", method_name)
            return
        try:
            result = handler(read_params(method_name, params))
        except JsonRpcInvalidParams as error:
            logger.warning("%s ignored: %s", method_name, error.message)
        except Exception:
            logger.exception("%s failed", method_name)
        else:
            if inspect.isawaitable(result):
                self._run_unanswered(asyncio.ensure_future(result), method_name)

    def _run_unanswered(self, task: asyncio.Future[Any], method: str) -> None:
        """Let the work of a notification go on until it is done, or the session ends."""
        self._unanswered.add(task)
        task.add_done_callback(self._unanswered.discard)
        task.add_done_callback(lambda done: self._log_failure(done, method))

    def _log_failure(self, task: asyncio.Future[Any], method: str) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("%s failed", method, exc_info=error)

    def _cancel(self, params: Any) -> None:
        """Cancel a request, if it is still running: the client cannot know whether it is."""
        msg_id = params.get("id") if isinstance(params, dict) else None
        task = self._running.get(msg_id) if _is_id(msg_id) and msg_id is not None else None
        if self.observer is not None:
            self.observer.let_go(msg_id)
        if task is not None:
            task.cancel()

    def _handle_answer(self, msg_id: Any, message: Mapping[str, Any]) -> None:
        self._result_types.pop(msg_id, None)
        future = self._request_futures.pop(msg_id, None)
        if future is None or future.done():
            logger.debug("an answer to a request that is not waiting for one")
            return
        error = message.get("error")
        if error is None:
            future.set_result(message.get("result"))
            return
        fields = error if isinstance(error, dict) else {}
        code, text = fields.get("code"), fields.get("message")
        future.set_exception(JsonRpcException(str(text), code if isinstance(code, int) else None))

    # --- what goes out -------------------------------------------------------------------------------------

    def _refuse(self, msg_id: Any, code: enum.Enum | int, text: str) -> None:
        number = code.value if isinstance(code, enum.Enum) else code
        known_id = msg_id if _is_id(msg_id) else None
        if self.observer is not None and known_id is not None:
            self.observer.answered(known_id, None, "cancelled" if code is _REQUEST_CANCELLED else "refused")
        self._send_data({"jsonrpc": VERSION, "id": known_id, "error": {"code": number, "message": text}})

    def _send_response(self, msg_id: Any, result: Any | None = None, error: Any = None) -> None:
        if self.observer is not None:
            self.observer.answered(msg_id, result)
        self._send_data({"jsonrpc": VERSION, "id": msg_id, "result": result})

    def _send_data(self, data: Any) -> None:
        # ASCII: lone surrogates are sent as escapes, and the length in bytes equals that in characters.
        self.send(self._encode(data).encode("ascii"))

    def _register_builtin_features(self) -> None:
        """Register none of pygls' own handlers."""

    # pygls caches these two for each class, which keeps the objects of closed connections alive.

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        """Return lsprotocol's type of a method's messages."""
        return types.METHOD_TO_TYPES.get(method, (None,))[0]

    def get_result_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        """Return None: answers stay JSON, which the requesting code reads."""
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
