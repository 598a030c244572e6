"""The model of next edits that the settings name: asked over its wire, within its budget, without secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from fim_language_server.app.application import Application
from fim_language_server.app.company_files import CompanySettings
from fim_language_server.app.next_edit_model import FAILED, NOT_SHOWN, OVER_BUDGET, PAUSED
from fim_language_server.app.settings_layers import read_layers
from fim_language_server.core.next_edit.values import DocumentText, NextEdit, NextEditQuestion, PastEdit
from fim_language_server.core.values import CompletionRequest
from fim_language_server.errors import AuthenticationError, ProviderError, RateLimitedError, UnavailableError
from fim_language_server.providers.next_edits.table import PROFILES
from fim_language_server.settings.policy import parse_policy
from fim_language_server.usage.database import FILE
from fim_language_server.usage.report import read_usage
from tests.fakes.next_edit_server import OracleServer
from tests.fakes.wire_server import Canned, WireServer

URI = "file:///work/shop.py"
TEXT = """import math


def area(width, height):
    return width * height


def half(value):
    return value / 2


print(area(1, 2))
"""
EDIT = PastEdit(URI, "shop.py", 3, ("def area(w, height):",), ("def area(width, height):",))


def question(text: str = TEXT, cursor: int | None = None, **parts: Any) -> NextEditQuestion:
    place = text.index("width *") if cursor is None else cursor
    return NextEditQuestion(DocumentText(URI, "shop.py", "python", text), 3, place, (EDIT,), **parts)


def applied(text: str, edits: tuple[NextEdit, ...]) -> str:
    for each in sorted((edit.replacement for edit in edits), key=lambda it: it.start, reverse=True):
        text = text[: each.start] + each.text + text[each.end :]
    return text


@define
class Heard:
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


@asynccontextmanager
async def application(
    settings: dict[str, Any], state_folder: str = "", environ: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[tuple[Application, list[str], Heard]]:
    heard = Heard()
    app = Application([], heard, environ=environ or {}, state_folder=state_folder)
    try:
        problems = await app.configure({"provider": {"kind": "embedded"}, **settings}, **options)
        yield app, problems, heard
    finally:
        await app.close()


def of_kind(kind: str, url: str, **more: Any) -> dict[str, Any]:
    return {"nextEdit": {"provider": {"kind": kind, "url": url, **more}}}


@pytest.mark.parametrize("kind", PROFILES)
async def test_an_edit_arrives_over_each_wire(kind: str) -> None:
    """Whatever line ends the document has; the source is the model's name."""
    async with OracleServer(kind, lambda window: window.replace("area(1", "area(3")) as server:
        async with application(of_kind(kind, server.url, model="the-model")) as (app, problems, heard):
            assert problems == []
            assert app.next_edit_model is not None
            for text in (TEXT, TEXT.replace("\n", "\r\n"), TEXT.rstrip("\n")):
                edits = await app.next_edit_model.find(question(text))
                assert applied(text, edits) == text.replace("area(1", "area(3")
                assert [(edit.source, edit.replacement.text) for edit in edits] == [("the-model", "3")]
            assert heard.said == []
        assert server.bodies[0]["model"] == "the-model"
        assert 0 < server.bodies[0]["max_tokens"] <= 1_024
        assert server.keys == [""] * 3


async def test_it_is_off_unless_it_is_set() -> None:
    """Nothing asks a model for next edits that no setting names, nor one that is switched off."""
    for settings in ({}, of_kind("off", "http://127.0.0.1:9"), {**of_kind("zeta", ""), "nextEdit.mode": "off"}):
        async with application(settings) as (app, problems, _):
            assert (app.next_edit_model, problems) == (None, [])


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("sweepai/sweep-next-edit-1.5B", "sweep"),
        ("sweep-next-edit-0.5b:q8_0", "sweep"),
        ("sweep-next-edit-v2-7B", "sweep-v2"),
        ("zed-industries/zeta", "zeta"),
        ("zeta-2", "zeta-2"),
        ("bartowski/zed-industries_zeta-2-GGUF", "zeta-2"),
        ("hf.co/zed-industries/zeta-2.1:Q4_K_M", "zeta-2.1"),
        ("zeta2.1", "zeta-2.1"),
    ],
)
async def test_the_models_name_tells_its_family(model: str, kind: str) -> None:
    for guess in ("auto", "openai"):
        async with application(of_kind(guess, "http://127.0.0.1:9", model=model)) as (app, problems, _):
            assert problems == []
            assert app.next_edit_model is not None
            assert app.next_edit_model.profile.name == kind


@pytest.mark.parametrize("model", ["", "qwen2.5-coder"])
async def test_a_family_that_cannot_be_told_is_said(model: str) -> None:
    async with application(of_kind("auto", "http://127.0.0.1:9", model=model)) as (app, (problem,), _):
        assert app.next_edit_model is None
        assert "set nextEdit.provider.kind to one of" in problem


async def test_secrets_are_masked_and_come_back() -> None:
    """Neither prompt nor history has them, and an edit beside one puts them where they were."""
    secret = "AKIAQYLPMN5HFIQR7XYA"
    text = f'def connect():\n    login("{secret}", retries=1)\n    login("{secret}", retries=1)\n'
    typed = PastEdit(URI, "shop.py", 1, ('    login("AKIAQYLPMN5H")',), (f'    login("{secret}")',))
    asked = NextEditQuestion(
        DocumentText(URI, "shop.py", "python", text), 1, len("def connect():"), (EDIT, typed, EDIT),
        (DocumentText("file:///b.py", "b.py", "python", 'token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"\n'),),
    )  # fmt: skip

    def edit(window: str) -> str:
        return window.replace("retries=1", "retries=2") + window.split("\n")[1] + "\n"

    async with OracleServer("zeta-2.1", edit) as server:
        async with application(of_kind("zeta-2.1", server.url)) as (app, _, _heard):
            assert app.next_edit_model is not None
            edits = await app.next_edit_model.find(asked)
        assert secret not in server.prompt()
        assert "AKIAQYLPMN5H" not in server.prompt()
        assert "ghp_16C7e42F292c6912E7710c838347Ae178B4a" not in server.prompt()
        assert "AKIA" in server.prompt()
        after = applied(text, edits)
        assert after.count("retries=2") == 2
        assert after.count(secret) == 3


async def test_an_edit_that_changes_a_secret_is_dropped() -> None:
    secret = "AKIAQYLPMN5HFIQR7XYA"
    text = f'def connect():\n    retry()\n    login("{secret}", retries=1)\n'

    def edit(window: str) -> str:
        return window.replace("AKIA", "AKIB").replace("connect", "join")

    async with OracleServer("sweep", edit) as server, application(of_kind("sweep", server.url)) as (app, _, _heard):
        assert app.next_edit_model is not None
        edits = await app.next_edit_model.find(question(text, 5))
        assert applied(text, edits) == text.replace("connect", "join")


async def test_nothing_is_asked_where_a_secret_is_being_typed() -> None:
    text = 'token = "ghp_16C7e42F29'
    async with OracleServer("zeta", lambda window: window + "x") as server:
        async with application(of_kind("zeta", server.url)) as (app, _, _heard):
            assert app.next_edit_model is not None
            assert await app.next_edit_model.find(question(text, len(text))) == ()
            assert app.next_edit_model.silence == NOT_SHOWN
        assert server.bodies == []


async def test_limits_of_the_context_hold() -> None:
    """Of a workspace as well: no text of other files where `context.snippetChars` is 0, and fewer lines around."""
    others = (DocumentText("file:///b.py", "b.py", "python", "def helper():\n    pass\n"),)
    elsewhere = PastEdit("file:///b.py", "b.py", 0, ("def old():",), ("def helper():",))
    text = "".join(f"line_{n} = {n}\n" for n in range(400))
    asked = NextEditQuestion(
        DocumentText(URI, "shop.py", "python", text), 1, text.index("line_200"), (EDIT, elsewhere), others
    )
    async with OracleServer("sweep-v2", lambda window: window) as server:
        workspace = [{"context": {"snippetChars": 0, "prefixChars": 300}}]
        async with application(of_kind("sweep-v2", server.url), workspace=workspace) as (app, _, _heard):
            assert app.next_edit_model is not None
            await app.next_edit_model.find(asked)
        assert "helper" not in server.prompt()
        assert "line_190 " in server.prompt()
        assert "line_170 " not in server.prompt()


async def test_usage_is_recorded(tmp_path: Any) -> None:
    """As for ghost text, with the host's own count."""
    async with OracleServer("zeta-2", lambda window: window + "x") as server:
        settings = of_kind("zeta-2", server.url, model="zeta-2")
        async with application(settings, str(tmp_path)) as (app, _, _heard):
            assert app.next_edit_model is not None
            await app.next_edit_model.find(question())
    (row, _) = read_usage(tmp_path / FILE, "provider", 30, time.time())
    assert (row.group, row.requests, row.cost_usd) == ("zeta-2", 1, 0.0)
    assert row.fresh_tokens + row.cached_tokens == 100
    assert row.completion_tokens == 20


async def test_failures_are_said_in_the_sections_own_words_and_pause_it() -> None:
    """The engine gets no edits; the next request waits."""
    refused = {"error": {"message": "model 'm' not found"}}
    async with (
        WireServer({"/v1/completions": Canned(404, refused)}) as server,
        application(of_kind("zeta", server.url, model="m")) as (app, _, heard),
    ):
        assert app.next_edit_model is not None
        assert await app.next_edit_model.next_edits(question()) == ()
        (said,) = heard.said
        assert "nextEdit.provider.model" in said
        assert app.next_edit_model.silence == FAILED
        n_requests = len(server.seen)
        assert await app.next_edit_model.next_edits(question()) == ()
        assert len(server.seen) == n_requests
        assert app.next_edit_model.silence == PAUSED


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (429, RateLimitedError), (503, UnavailableError)]
)
async def test_find_raises_the_providers_errors(status: int, kind: type[ProviderError]) -> None:
    async with WireServer({"/v1/edit/completions": Canned(status, {"error": {"message": "no"}})}) as server:
        settings = of_kind("inception", server.url, apiKeyEnv="K")
        async with application(settings, environ={"K": "a-key"}) as (app, _, _heard):
            assert app.next_edit_model is not None
            with pytest.raises(kind) as raised:
                await app.next_edit_model.find(question())
            assert "a-key" not in str(raised.value)
        assert server.seen[0].headers["Authorization"] == "Bearer a-key"


async def test_a_budget_holds_for_it() -> None:
    """Two requests a minute, of which one is kept for ghost text of the same host and model."""
    async with OracleServer("zeta", lambda window: window + "x") as server:
        settings = {**of_kind("zeta", server.url), "budget.requestsPerMinute": 2}
        async with application(settings) as (app, _, _heard):
            assert app.next_edit_model is not None
            for _ in range(5):
                await app.next_edit_model.find(question())
            assert app.next_edit_model.silence == OVER_BUDGET
        assert len(server.bodies) <= 2


async def test_an_endless_answer_is_left_soon() -> None:
    """It is not read to its end, and gives no edit."""
    for text in ("x = 1\n" * 200_000, "y" * 2_000_000, "\n" * 300_000):
        async with (
            OracleServer("sweep", str, answer=lambda _prompt, text=text: text) as server,  # type: ignore[misc]
            application(of_kind("sweep", server.url)) as (app, _, _heard),
        ):
            assert app.next_edit_model is not None
            with suppress(ProviderError):
                assert await asyncio.wait_for(app.next_edit_model.find(question()), 60) == ()


async def test_an_answer_that_was_cut_off_is_none() -> None:
    async with (
        OracleServer("sweep", lambda window: window[: len(window) // 2], finish_reason="length") as server,
        application(of_kind("sweep", server.url)) as (app, _, _heard),
    ):
        assert app.next_edit_model is not None
        assert await app.next_edit_model.find(question()) == ()


async def test_cancelling_hangs_up() -> None:
    """The budget gets an estimate, and the next question is asked as usual."""
    async with (
        OracleServer("zeta", lambda window: window + "x") as server,
        application(of_kind("zeta", server.url)) as (app, _, heard),
    ):
        assert app.next_edit_model is not None
        task = asyncio.create_task(app.next_edit_model.find(question()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert await app.next_edit_model.find(question())
        assert heard.said == []


@pytest.mark.parametrize("price", [{"input": 1_000.0, "output": 1_000.0}, None])
async def test_the_dollars_of_a_day_hold_for_next_edits_too(tmp_path: Path, price: dict[str, float] | None) -> None:
    """Their cost counts. None is sent that could exceed the limit, or to a host whose price is unknown."""
    async with OracleServer("zeta-2.1", lambda window: window) as server:
        more = {"price": price} if price is not None else {}
        settings = of_kind("zeta-2.1", server.url, **more) | {"budget": {"dollarsPerDay": 1.5}}
        async with application(settings, str(tmp_path)) as (app, _, heard):
            assert app.next_edit_model is not None
            for _ in range(20):
                await app.next_edit_model.find(question())
            asked = len(server.bodies)
            held = app.usage.day._held
        if price is None:
            assert asked == 20  # This machine is free, unless a price says otherwise.
        else:
            assert 0 < asked < 20
            assert ["$1.5" in said for said in heard.said] == [True]
        assert held == pytest.approx(0)


async def test_a_price_of_nothing_does_not_pass_the_limit_of_a_policy(tmp_path: Path) -> None:
    """The user's own price does not count under it, so a host of the user's own is not asked."""
    policy, _ = parse_policy('{"limit": {"budget.dollarsPerDay": 2}}', "/etc/p.json")
    raw = of_kind("zeta-2.1", "https://gw.example", price={"input": 0, "output": 0})
    settings, _ = read_layers(raw, company=CompanySettings(policy))
    assert settings.next_edit_provider.price is None
    assert settings.budget.dollars_per_day == 2
