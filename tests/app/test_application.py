"""The composition root: settings become an engine that works, whatever they are."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from attrs import define, field

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from benchmarks.team.valkey_server import real_valkey
from fim_language_server.app.application import Application
from fim_language_server.app.backends import excluder
from fim_language_server.app.schema import full_schema
from fim_language_server.clock import SystemClock
from fim_language_server.core.secrets.masking import MARGIN
from fim_language_server.core.values import CompletionRequest, Document, Skip, Suggestion, Trigger
from fim_language_server.engine.decision_log import Trace
from fim_language_server.engine.turns import Turn
from fim_language_server.errors import ProviderError
from fim_language_server.providers.apis.mistral_fim import render_prompt
from fim_language_server.usage.database import FILE
from fim_language_server.usage.report import read_usage
from tests.fakes.engine_bench import first_of
from tests.fakes.requests import request_at

SETTINGS = {"provider": {"kind": "mistral", "apiKeyEnv": "KEY"}}


@define
class Heard:
    """A listener that remembers."""

    said: list[str] = field(factory=list)

    def provider_failed(self, error: ProviderError) -> None:
        self.said.append(str(error))

    def provider_recovered(self) -> None:
        pass

    def answered_late(self, request: CompletionRequest) -> None:
        pass

    def notice(self, text: str) -> None:
        self.said.append(text)

    def indexing(self, done: int, total: int, finished: bool) -> None:
        pass


@pytest_asyncio.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    others = [
        (Document("file:///b.py", "python", 1, "b.py"), ["def compute_total(first_item, second_item, discount):\n"])
    ]
    made = Application(
        [str(tmp_path)], Heard(), open_documents=lambda _uri: others, environ={"KEY": "test-key", "MISTRAL_API_KEY": ""}
    )
    yield made
    await made.close()


def pointing_to(url: str, **more: object) -> dict[str, object]:
    return {"provider": SETTINGS["provider"] | {"url": url} | more}


async def ask(application: Application, drawn: str = "x = |", **of_request: object) -> Suggestion | Skip:
    return await first_of(application.engine, request_at(drawn, **of_request))  # type: ignore[arg-type]


async def test_without_a_key_the_embedded_model_completes(application: Application) -> None:
    """It looks at more of the document than is sent to anybody."""
    assert await application.configure(None) == []
    assert (application.provider_name, application.model) == ("embedded", "")
    assert application.window == (20_000, 20_000)


async def test_a_change_of_settings_asks_the_new_server_only(application: Application) -> None:
    """Known text of the old one is never served after it."""
    async with FimServer("old()") as old, FimServer("new()") as new:
        await application.configure(pointing_to(old.url))
        first = await ask(application)
        await application.configure(pointing_to(new.url))
        second = await ask(application)
        assert [answer.text for answer in (first, second) if isinstance(answer, Suggestion)] == ["old()", "new()"]
        assert [len(server.completions) for server in (old, new)] == [1, 1]


async def test_a_change_of_settings_answers_what_waits(application: Application) -> None:
    """Nothing is left hanging on the engine before."""
    async with FimServer("x", script=Script(stall_after=0)) as slow:
        await application.configure(pointing_to(slow.url))
        waiting = asyncio.create_task(ask(application))
        recorded = (await slow.wait_for_completions(1))[0]
        await application.configure(None)
        assert await waiting is Skip.CLOSED
        await recorded.wait_for_hang_up()


async def test_an_address_that_is_none_falls_back_and_says_so(application: Application) -> None:
    """One sentence; ghost text goes on."""
    (problem,) = await application.configure(pointing_to("ftp://example"))
    assert problem.startswith("provider.url must begin with")
    assert application.provider_name == "embedded"


async def test_the_hosts_window_holds_unless_the_user_says_otherwise(application: Application) -> None:
    """Langdock's budget is small; whoever wants more may have it."""
    await application.configure({"provider": {"kind": "langdock"}})
    small = application.window
    assert small < (4_000, 2_000)
    await application.configure({"provider": {"kind": "langdock"}, "context": {"prefixChars": 9_000}})
    assert application.window == (9_000, small[1])
    assert application.request_window == (9_000 + MARGIN, small[1] + MARGIN)


async def test_snippets_of_other_documents_are_sent_unless_excluded(application: Application) -> None:
    """What trigger.exclude names is no context either."""
    drawn = "first_item = discount\ntotal = compute_total(first_item, |"
    async with FimServer("second_item)") as api:
        await application.configure(pointing_to(api.url))
        await ask(application, drawn)
        await application.configure(pointing_to(api.url) | {"trigger": {"exclude": ["b.py"]}})
        await ask(application, drawn)
        assert ["def compute_total" in recorded.body["prompt"] for recorded in api.completions] == [True, False]


@pytest.mark.parametrize("change", ["exclude", "folder", "deleted", "ignored"])
async def test_what_must_not_be_read_any_more_leaves_the_next_prompt(tmp_path: Path, change: str) -> None:
    """A piece of a closed file is kept from prompt to prompt, but not where it is excluded, gone or no one's now."""
    inner, other = tmp_path / "outer" / "inner", tmp_path / "other"
    other.mkdir()
    inner.mkdir(parents=True)
    (inner / "ledger.py").write_text("def compute_total(first_item, second_item, discount):\n    return discount\n" * 5)
    here = Document((other / "here.py").as_uri(), "python", path="here.py")
    application = Application(
        [str(tmp_path / "outer"), str(inner), str(other)],
        Heard(),
        open_documents=lambda _uri: [(here, ["x = 1\n"])],
        environ={"KEY": "test-key"},
    )
    application._embedded._sleep = lambda _seconds: asyncio.sleep(0)
    settings = {"embedded": {"instantGuess": False}, "context": {"workspace": "on"}}

    async def prompt(line: int) -> str:
        request = request_at(
            "\n" * line + "first_item = discount\ntotal = compute_total(first_item, |", uri=here.uri, path="here.py"
        )
        await application.engine.wait_for_snippets(request)
        await first_of(application.engine, request)
        return str(api.completions[-1].body["prompt"])

    async with FimServer("second_item)") as api:
        await application.configure(pointing_to(api.url) | settings)
        await application.warm_up()
        await application._embedded.wait_until_prepared()
        assert application._embedded.index is not None
        await application._embedded.index.wait_until_ready()
        assert "def compute_total" in await prompt(0)
        if change == "exclude":
            excluding = {"trigger": {"exclude": ["/ledger.py"]}}
            await application.configure(pointing_to(api.url) | settings | excluding)
        elif change == "folder":
            await application.set_folders([str(other)])
        elif change == "deleted":
            (inner / "ledger.py").unlink()
            application.files_changed([str(inner / "ledger.py")])
        else:
            (inner / ".gitignore").write_text("ledger.py\n")
            application.files_changed([str(inner / ".gitignore")])
        assert "def compute_total" not in await prompt(1)
        await application._embedded.wait_until_prepared()
        if application._embedded.index is not None:
            await application._embedded.index.wait_until_ready()
        assert "def compute_total" not in await prompt(2)
    await application.close()


async def test_what_a_host_cannot_take_is_said(application: Application) -> None:
    """A temperature beyond its bound is clamped, and not silently."""
    await application.configure(SETTINGS | {"provider": SETTINGS["provider"] | {"temperature": 1.9}})
    assert any("1.5" in text for text in application._listener.said)  # type: ignore[attr-defined]


async def test_other_folders_bring_another_index(application: Application, tmp_path: Path) -> None:
    """What was indexed for the old ones is not suggested in the new."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    lines = "def launch(rocket):\n    rocket.ignite(engines, countdown)\n    rocket.release(clamps)\n" * 5
    (tmp_path / "old" / "a.py").write_text(lines, encoding="utf-8")
    await application.set_folders([str(tmp_path / "old")])
    await application.configure(None)
    await application.warm_up()
    await application.wait_until_indexed()
    known = await ask(
        application,
        "def launch(rocket):\n    rocket.ignite(eng|",
        uri="file:///n.py",
        path="n.py",
        trigger=Trigger.INVOKED,
    )
    assert isinstance(known, Suggestion)
    assert known.text == "ines, countdown)"
    await application.set_folders([str(tmp_path / "new")])
    await application.wait_until_indexed()
    again = await ask(
        application,
        "def launch(rocket):\n    rocket.ignite(eng|",
        uri="file:///n.py",
        path="n.py",
        trigger=Trigger.INVOKED,
    )
    assert not isinstance(again, Suggestion) or "ines" not in again.text


async def test_what_is_near_the_open_document_is_indexed_first(tmp_path: Path) -> None:
    """Where there is no room for all of the workspace."""
    lines = "def launch(rocket):\n    rocket.ignite(engines, countdown)\n    rocket.release(clamps)\n" * 5
    for number, (name, text) in enumerate({"near": lines, "far": "x = 1\n" * 150_000}.items()):
        (tmp_path / name).mkdir()
        for copy in range(2):
            (tmp_path / name / f"{copy}.py").write_text(text, encoding="utf-8")
            os.utime(tmp_path / name / f"{copy}.py", (1_000 + number, 1_000 + number))
    document = Document("file:///near/n.py", "python", 1, "near/n.py")
    for opened, known in (([(document, [])], True), ([], False)):  # type: ignore[var-annotated]
        application = Application([str(tmp_path)], Heard(), open_documents=lambda _uri, o=opened: o, environ={})  # type: ignore[misc]
        await application.configure({"embedded": {"maxSourceMb": 1}})
        await application.warm_up()
        await application.wait_until_indexed()
        text = "def launch(rocket):\n    rocket.ignite(eng|"
        answer = await ask(application, text, path="near/n.py", trigger=Trigger.INVOKED)
        assert isinstance(answer, Suggestion) is known
        await application.close()


@pytest.mark.parametrize(
    ("path", "excluded"),
    [("a/.env", True), ("gen/x.py", True), ("a/gen/x.py", True), ("x.py", False), ("keep.gen", False)],
)
def test_patterns_are_those_of_gitignore_and_secrets_are_always_out(path: str, excluded: bool) -> None:
    """A pattern that git would not understand costs itself."""
    assert excluder(["gen/", "\\"])(Document(f"file:///w/{path}", path=path)) is excluded


@pytest.mark.parametrize(
    ("document", "excluded"),
    [
        (Document("untitled:/w/x.sql", path="x.sql"), True),
        (Document("git:/w/x.sql?ref", path="x.sql"), True),
        (Document("file:///w/a.txt", path="a.txt", other_paths=("in/a.txt",)), False),
        (Document("file:///w/a.txt", path="a.txt", other_paths=("private/a.txt",)), True),
        (Document("file:///c%3A/w/X.SQL", path="X.SQL"), True),
        (Document("file://srv/w/Private/a.txt", path="Private/a.txt"), True),
        (Document("file:///w/a.txt", path="a.txt", target="//srv/X.SQL", other_paths=("X.SQL",)), True),
        (Document("file:///w/.kube/a", path="a"), True),
        (Document("file:///w/a.txt", path="a.txt", target="/home/u/.ssh/a"), True),
    ],
)
def test_patterns_and_secrets_hold_for_every_spelling_of_a_document(document: Document, excluded: bool) -> None:
    """Without case where the file's system has none."""
    assert excluder(["*.sql", "private/"])(document) is excluded


def test_the_schema_knows_the_registry() -> None:
    """Editors offer the providers that there are."""
    schema = full_schema()
    kinds = schema["$defs"]["ProviderSettings"]["properties"]["kind"]
    assert {"auto", "embedded", "mistral", "codestral", "langdock"} <= set(kinds["enum"])
    assert len(kinds["enum"]) == len(kinds["enumDescriptions"])


async def test_the_embedded_model_stands_in_and_is_made_when_it_is_needed(application: Application) -> None:
    """Nobody pays for an index that an API makes unnecessary."""
    async with FimServer("api()") as api:
        await application.configure(pointing_to(api.url) | {"context": {"workspace": "off"}})
        await application.warm_up()
        answer = await ask(application)
        assert isinstance(answer, Suggestion)
        assert (answer.text, answer.model) == ("api()", "codestral-latest")
        assert application._embedded.index is None
        api.script = Script(status=500, body="oops")
        text = "def launch(rocket):\n    rocket.ignite(engines, countdown)\n    rocket.release(clamps)\n" * 5
        other = await ask(application, f"{text}def launch(rocket):\n    rocket.ignite(|", trigger=Trigger.INVOKED)
        assert isinstance(other, Suggestion)
        assert (other.text, other.model) == ("engines, countdown)", "embedded")
        assert application._embedded.index is not None


async def test_a_fallback_is_an_api_with_settings_of_its_own(application: Application) -> None:
    """Its address, its key, its model."""
    async with FimServer("one()") as first, FimServer("two()", api_key="other-key") as second:
        application._environ = {"KEY": "test-key", "OTHER": "other-key"}
        entry = {"kind": "codestral", "url": second.url, "apiKeyEnv": "OTHER", "model": "codestral-2508"}
        await application.configure(pointing_to(first.url, fallback=[entry]))
        first.script = Script(status=401, body={"detail": "Unauthorized"})
        answer = await ask(application)
        assert isinstance(answer, Suggestion)
        assert (answer.text, answer.model) == ("two()", "codestral-2508")
        assert len(application._listener.said) == 1  # type: ignore[attr-defined]


async def test_a_budget_outlives_a_change_of_settings(application: Application) -> None:
    """The provider's minute does not begin anew because a setting changed."""
    async with FimServer("api()") as api:
        settings = pointing_to(api.url, fallback=[]) | {"budget": {"requestsPerMinute": 6}}
        await application.configure(settings)
        assert isinstance(await ask(application), Suggestion)
        await application.configure(settings | {"shaping": {"maxLines": 3}})
        assert await ask(application, "y = |") is Skip.OVER_BUDGET


@pytest.mark.parametrize("kept", [True, False])
async def test_what_requests_cost_is_kept_unless_switched_off(tmp_path: Path, kept: bool) -> None:
    """By the time the application is closed, and with what became of the suggestion."""
    application = Application([], Heard(), environ={"KEY": "test-key"}, state_folder=str(tmp_path / "state"))
    async with FimServer("compute(1)") as api:
        await application.configure(pointing_to(api.url) | {"log": {"statistics": kept}})
        suggestion = await ask(application)
        assert isinstance(suggestion, Suggestion)
        application.engine.accepted(suggestion.id)
        await application.close()
    if kept:
        (mistral, _) = read_usage(tmp_path / "state" / FILE, "provider", 1, time.time())
        assert (mistral.group, mistral.requests, mistral.suggestions) == ("mistral", 1, {"accepted": 1})
        assert mistral.prompt_tokens > 0
    assert (tmp_path / "state" / FILE).exists() == kept


async def test_two_editors_share_a_budget_and_the_key_stays_out_of_the_file(tmp_path: Path) -> None:
    """The same host, key and model: what one spent the other lacks."""
    two = [Application([], Heard(), environ={"KEY": "test-key"}, state_folder=str(tmp_path)) for _ in "ab"]
    async with FimServer("compute(1)") as api:
        for application in two:
            settings = pointing_to(api.url, fallback=[]) | {"budget": {"requestsPerMinute": 2}}
            await application.configure(settings)
            budget = application._chain[0].budget
            async with asyncio.timeout(10):
                while not budget._lease.requests:
                    await asyncio.sleep(0)
        assert isinstance(await ask(two[0]), Suggestion)
        assert isinstance(await ask(two[1]), Suggestion)
        assert await ask(two[0], "other = |", uri="file:///o.py") is Skip.OVER_BUDGET
        for application in two:
            await application.close()
        assert len(api.completions) == 2
    assert b"test-key" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Valkey server for Windows")
async def test_two_machines_share_a_budget_by_a_store(tmp_path: Path) -> None:
    """Two folders of state: what one spent the other lacks, and the store knows neither key nor text."""
    machines = ("a", "b")
    two = [Application([], Heard(), environ={"KEY": "test-key"}, state_folder=str(tmp_path / it)) for it in machines]
    async with FimServer("compute(1)") as api, real_valkey(tmp_path) as server:
        for application in two:
            budget_settings = {"requestsPerMinute": 2, "store": server.url}
            await application.configure(pointing_to(api.url, fallback=[]) | {"budget": budget_settings})
            budget = application._chain[0].budget
            async with asyncio.timeout(10):
                while not budget._lease.requests:
                    await asyncio.sleep(0.001)
        assert isinstance(await ask(two[0]), Suggestion)
        assert isinstance(await ask(two[1]), Suggestion)
        assert await ask(two[0], "other = |", uri="file:///o.py") is Skip.OVER_BUDGET
        kept = str(await server.call("KEYS", "*"))
        for application in two:
            await application.close()
    assert "{fim:127.0.0.1" in kept
    assert "test-key" not in kept
    assert not list(tmp_path.glob("*/budget.sqlite3"))


async def test_the_beginning_of_the_prompt_stays_while_text_is_typed(tmp_path: Path) -> None:
    """Snippets, suffix and the window's start: what a provider has worked out of a prompt is good for the next."""
    line = "    first_item = compute_total(first_item, discount)\n"
    text = "    second_item = compute_total(first_item)\n" * 5
    others = [
        (Document("file:///b.py", "python", 1, "b.py"), ["def compute_total(first_item, second_item, discount):\n"]),
        (Document("file:///c.py", "python", 1, "c.py"), ["first_item = second_item = discount = compute_total\n"]),
    ]
    application = Application([], Heard(), open_documents=lambda _uri: others, environ={"KEY": "test-key"})
    await application.configure(SETTINGS)
    backend, choice = application._chain[0], application.engine._choice
    prompts = []
    for n in range(200):
        request = request_at(f"{line * 300}{text[: n + 1]}|\nrest = 1\n", window=4_000)
        await choice.wait(request, Turn(Trace(SystemClock())))
        reservation = backend.reserve(request, request.trigger)
        assert reservation is not None
        prompts.append((reservation.context.suffix, render_prompt(reservation.context)[:2_000]))
    assert "b.py" in prompts[0][1]
    assert sum(before != after for before, after in pairwise(prompts)) <= 3
    await application.close()


async def test_a_guess_needs_an_index_made_ahead_and_other_settings_another_one(application: Application) -> None:
    """Nobody waits for it at a key; without the setting nothing is indexed beside an API."""
    async with FimServer("compute(a, b)") as server:
        await application.configure(pointing_to(server.url) | {"context": {"workspace": "off"}})
        await application.warm_up()
        await application._embedded.wait_until_prepared()
        assert application._embedded.index is None
        await application.configure(pointing_to(server.url) | {"embedded": {"instantGuess": True}})
        await application._embedded.wait_until_prepared()
        assert application._embedded.index is not None
        first = application._embedded.index
        other = {"embedded": {"instantGuess": True, "maxSourceMb": 1}}
        await application.configure(pointing_to(server.url, fallback=[]) | other)
        await application._embedded.wait_until_prepared()
        assert application._embedded.index is not first


@pytest.mark.parametrize("kept", [True, False])
async def test_a_days_dollars_hold_for_all_editors_whether_statistics_are_kept_or_not(
    tmp_path: Path, kept: bool
) -> None:
    """The second editor finds the day spent by the first; the user is told once."""
    async with FimServer("compute(1)") as api:
        price = {"input": 1_000.0, "output": 1_000.0}
        raw = pointing_to(api.url, price=price, fallback=[], maxTokens=8)
        raw |= {"budget": {"dollarsPerDay": 0.03}, "log": {"statistics": kept}}
        asked = []
        for name in "abcdefghijklmno":
            heard = Heard()
            application = Application([], heard, environ={"KEY": "test-key"}, state_folder=str(tmp_path))
            assert await application.configure(raw) == []
            asked.append(isinstance(await ask(application, f"{name} = |"), Suggestion))
            await application.close()
        assert asked == sorted(asked, reverse=True)
        assert set(asked) == {True, False}
        assert ["$0.03" in said for said in heard.said] == [True]


async def test_a_model_without_a_known_price_is_not_asked_where_a_day_has_a_limit(tmp_path: Path) -> None:
    """One sentence says so, and how to set the price."""
    application = Application([], Heard(), environ={"KEY": "k"}, state_folder=str(tmp_path))
    raw = {"provider": {"kind": "mistral", "url": "https://gw.example", "apiKeyEnv": "KEY"}}
    try:
        (problem,) = await application.configure(raw | {"budget": {"dollarsPerDay": 2}})
        assert "mistral codestral-latest at gw.example is not known" in problem
        assert "provider.price" in problem
        assert await application.configure(raw) == []
    finally:
        await application.close()
