"""Settings from three sources, dynamic registration, and an end that leaves nothing behind."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.app.company_files import CompanySettings, read_company_settings
from fim_language_server.lsp.commands import with_policy
from fim_language_server.settings.policy import parse_policy
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor, completion_params

PULLS = {"workspace": {"configuration": True}}
REGISTERS = {
    "workspace": {
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    }
}


@pytest.mark.parametrize(
    "options", [{"provider": {"maxTokens": 7}}, {"fim": {"provider": {"maxTokens": 7}}}, {"fim.provider.maxTokens": 7}]
)
async def test_settings_come_with_initialize_in_any_form(options: Any) -> None:
    async with FakeEditor() as editor:
        await editor.initialize(options=options)
        assert editor.application.settings.provider.max_tokens == 7
        assert editor.application.is_warm


async def test_pulled_settings_lie_above_those_of_initialize() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(PULLS, {"provider": {"maxTokens": 7, "topP": 0.5}})
        assert editor.application.settings.provider.max_tokens == 7, "nobody waits for the pull"
        (question,) = editor.asked("workspace/configuration")
        assert question["params"] == {"items": [{"section": "fim"}, {"section": "fimWorkspace"}]}
        editor.reply(question, [{"provider": {"maxTokens": 9}}])
        await settle()
        assert editor.application.settings.provider.max_tokens == 9
        assert editor.application.settings.provider.top_p == 0.5


WORKSPACE = {"provider": {"kind": "mistral", "maxTokens": 9}, "trigger": {"mode": "explicit", "exclude": ["a"]}}


@pytest.mark.parametrize("workspace", [WORKSPACE, [WORKSPACE], [{}, None, WORKSPACE, 5, WORKSPACE]])
async def test_a_workspace_s_settings_narrow_the_user_s_wherever_they_come(workspace: Any) -> None:
    """With `initialize`, by a pull and by a push; alone, or as one layer for each place."""
    users = {"provider": {"kind": "embedded", "maxTokens": 7}, "trigger": {"exclude": ["b"]}}
    both = {"fim": users, "fimWorkspace": workspace}
    for way in ("initialize", "pull", "push"):
        async with FakeEditor() as editor:
            await editor.initialize(PULLS if way == "pull" else {}, both if way == "initialize" else None)
            if way == "pull":
                editor.reply(editor.asked("workspace/configuration")[0], [users, workspace])
            if way == "push":
                editor.notify("workspace/didChangeConfiguration", {"settings": both})
            await settle()
            settings = editor.application.settings
            assert (settings.provider.kind, settings.provider.max_tokens) == ("embedded", 7)
            assert settings.trigger.mode == "explicit"
            assert settings.trigger.exclude in (("a", "b"), ("a", "a", "b"))


async def test_a_pull_without_the_workspace_s_section_takes_what_the_workspace_said_away() -> None:
    """A folder was closed, or its settings were taken out."""
    async with FakeEditor() as editor:
        await editor.initialize(PULLS)
        editor.reply(editor.asked("workspace/configuration")[0], [None, {"trigger": {"mode": "off"}}])
        await settle()
        assert editor.application.settings.trigger.mode == "off"
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        await settle()
        editor.reply(editor.asked("workspace/configuration")[1], [{}])
        await settle()
        assert editor.application.settings.trigger.mode == "automatic"  # type: ignore[comparison-overlap]


async def test_a_language_that_the_workspace_switches_off_stays_off() -> None:
    """Also by the command: it stands for the user's settings, and those do not widen the workspace's."""
    async with FakeEditor() as editor:
        off = {"trigger": {"languages": {"python": False}}}
        await editor.initialize(options={"fim": {}, "fimWorkspace": off})
        command = {"command": "fim.toggleLanguage", "arguments": ["python"]}
        answer = await editor.ask("workspace/executeCommand", command)
        assert answer["result"] == {"language": "python", "enabled": False}


@pytest.mark.parametrize("answer", [[None], [{}], [], None, "no", {"result": 1}])
async def test_a_pull_that_says_nothing_changes_nothing(answer: Any) -> None:
    """A new engine would forget what the old one knows."""
    async with FakeEditor() as editor:
        await editor.initialize(PULLS, {"provider": {"maxTokens": 7}})
        editor.reply(editor.asked("workspace/configuration")[0], answer)
        await settle()
        assert len(editor.application.configured) == 1


async def test_a_pull_that_fails_or_never_comes_holds_nothing_up() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(PULLS)
        editor.open("a")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]
        editor.reply(editor.asked("workspace/configuration")[0], error={"code": -32601, "message": "no"})
        await settle()
        assert not editor.notifications("window/showMessage")


async def test_a_later_pull_overtakes_an_earlier_one() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(PULLS)
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        await settle()
        first, second = editor.asked("workspace/configuration")
        editor.reply(second, [{"provider": {"maxTokens": 2}}])
        editor.reply(first, [{"provider": {"maxTokens": 1}}])
        await settle()
        assert editor.application.settings.provider.max_tokens == 2


@pytest.mark.parametrize(
    "settings", [{"fim": {"provider": {"maxTokens": 5}}, "editor": {}}, {"provider": {"maxTokens": 5}}]
)
async def test_pushed_settings_count_where_nothing_can_be_pulled(settings: Any) -> None:
    async with FakeEditor() as editor:
        await editor.initialize(options={"provider": {"maxTokens": 7}})
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        await settle()
        assert editor.application.settings.provider.max_tokens == 7
        editor.notify("workspace/didChangeConfiguration", {"settings": settings})
        await settle()
        assert editor.application.settings.provider.max_tokens == 5


async def test_problems_are_shown_in_one_message_and_again_only_when_they_change() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(options={"provider": {"maxTokens": "many"}, "colour": "red"})
        (message,) = editor.notifications("window/showMessage")
        assert "colour" in message["message"]
        assert "provider.maxTokens" in message["message"]
        bad = {"provider": {"maxTokens": "many", "topP": 0.1}, "colour": "red"}
        editor.notify("workspace/didChangeConfiguration", {"settings": bad})
        await settle()
        assert len(editor.notifications("window/showMessage")) == 1
        editor.notify("workspace/didChangeConfiguration", {"settings": {"provider": {"maxTokens": 0}}})
        await settle()
        assert len(editor.notifications("window/showMessage")) == 2


async def test_what_the_client_can_register_is_registered() -> None:
    async with FakeEditor() as editor:
        await editor.initialize(REGISTERS)
        methods = [ask["params"]["registrations"][0]["method"] for ask in editor.asked("client/registerCapability")]
        assert methods == ["workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"]
        for ask in editor.asked("client/registerCapability"):
            editor.reply(ask, error={"code": -32603, "message": "no"})
        await settle()
        assert not editor.notifications("window/showMessage")


async def test_a_request_before_initialized_starts_the_application() -> None:
    async with FakeEditor() as editor:
        await editor.ask("initialize", {"capabilities": {}})
        editor.open("a")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"]


async def test_closing_ends_all_that_was_begun() -> None:
    before = asyncio.all_tasks()
    editor = FakeEditor()
    editor.application_may_come.clear()
    await editor.initialize({**PULLS, **REGISTERS}, processId=1)
    editor.open("a")
    request = editor.request("textDocument/inlineCompletion", completion_params(0, 1))
    await editor.server.close()
    await editor.server.close()
    assert (await editor.answer_to(request))["error"]["code"] == -32800
    assert asyncio.all_tasks() == before


async def test_an_application_that_does_not_load_leaves_a_server_that_answers() -> None:
    async with FakeEditor() as editor:
        editor.load_error = ImportError("half installed")
        await editor.initialize()
        editor.open("a")
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None
        assert len(editor.notifications("window/showMessage")) == 1


async def test_the_log_is_as_loud_as_the_setting_says(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "fim_language_server")  # to be put back at the end
    async with FakeEditor() as editor:
        await editor.initialize(options={"log": {"level": "error"}})
        assert logging.getLogger("fim_language_server").level == logging.ERROR


async def test_an_application_that_cannot_be_configured_is_closed_and_not_asked() -> None:
    async with FakeEditor() as editor:
        editor.application.configure_error = ValueError("no engine")
        await editor.initialize()
        editor.open("a")
        editor.change({"text": "b"})
        assert (await editor.ask("textDocument/inlineCompletion", completion_params(0, 1)))["result"] is None
        assert editor.engine.requests == []
        assert editor.application.is_closed
        assert len(editor.notifications("window/showMessage")) == 1


async def test_a_changed_policy_is_followed_without_a_restart(tmp_path: Path) -> None:
    """The application is configured anew with the same settings, once for each change."""
    policy, go = tmp_path / "policy.json", asyncio.Semaphore(0)
    looks: list[float] = []

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        await go.acquire()

    async def release(n: int) -> None:
        before = len(looks)
        for _ in range(n):
            go.release()
        async with asyncio.timeout(60):
            while len(looks) < before + n:
                await asyncio.sleep(0)

    async with FakeEditor() as editor:
        editor.server.session._sleep = sleep
        editor.application.company = read_company_settings({}, policy)
        await editor.initialize(options={"provider": {"maxTokens": 7}})
        async with asyncio.timeout(60):
            while not looks:
                await asyncio.sleep(0)
        await release(3)
        assert len(editor.application.configured) == 1
        policy.write_text("{}")
        editor.application.on_configure = lambda: read_company_settings({}, policy)
        await release(2)
        async with asyncio.timeout(60):
            while len(editor.application.configured) < 2:
                await asyncio.sleep(0)
        await release(3)
        assert len(editor.application.configured) == 2
        assert editor.application.configured[0] == editor.application.configured[1]


async def test_show_why_says_what_a_policy_locks() -> None:
    """With the file; without a policy there is no such field."""
    policy, _ = parse_policy('{"enforce": {"provider.kind": "mistral"}, "exclude": ["x/"]}', "/etc/p.json")
    for company, expected in (
        (CompanySettings(policy), "The settings are managed by /etc/p.json; it locks provider.kind; it excludes x/."),
        (CompanySettings(), None),
    ):
        async with FakeEditor() as editor:
            editor.application.company = company
            await editor.initialize()
            decisions = with_policy([{"time": "1"}, {"time": "0"}], editor.server.session.completer.application)
        assert [decision.get("policy") for decision in decisions] == [expected, expected]
