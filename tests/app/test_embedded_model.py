"""The workspace's index is made for pieces of files that are not open: from the first document on, where it is on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.app.application import Application
from fim_language_server.app.embedded_model import QUIET_S, WorkspaceModel, chooses_from_workspace
from fim_language_server.app.settings_layers import read_layers
from fim_language_server.core.values import CompletionRequest, Document, Position, Suggestion
from fim_language_server.settings import Settings
from tests.app.test_application import Heard
from tests.fakes.clock import FakeClock
from tests.fakes.engine_bench import first_of
from tests.fakes.indexed_workspace import write_files
from tests.fakes.requests import request_at

LEDGER = "class Ledger:\n    def post_entry(self, amount):\n        return self.balance_of(amount)\n"
CURSOR = "def settle(ledger, amount):\n    ledger.post_entry(balance_of, amount"


async def at_once(_seconds: float) -> None:
    """Do not wait."""


@pytest_asyncio.fixture
async def model(tmp_path: Path) -> AsyncIterator[WorkspaceModel]:
    write_files(tmp_path, {"ledger.py": LEDGER})
    made = WorkspaceModel([str(tmp_path)], {}, lambda _done, _total, _finished: None, sleep=at_once)
    yield made
    await made.close()


def request(folder: Path) -> CompletionRequest:
    return CompletionRequest(
        Document((folder / "here.py").as_uri(), "python", path="here.py"), Position(1, 0), CURSOR, "\n"
    )


async def wait_until_indexed(model: WorkspaceModel) -> None:
    await model.wait_until_prepared()
    assert model.index is not None
    await model.index.wait_until_ready()


async def test_pieces_are_chosen_from_the_index_once_it_is_there(model: WorkspaceModel, tmp_path: Path) -> None:
    await model.configure(Settings())
    assert model.choose_snippets is None
    model.prepare_choice()
    await wait_until_indexed(model)
    choose = model.choose_snippets
    assert choose is not None
    assert [snippet.path for snippet in choose(request(tmp_path), [], 2_000)] == ["ledger.py"]


async def test_the_index_is_not_begun_at_once(tmp_path: Path) -> None:
    """The first request of a session has the processor to itself: nothing is imported before the pause is over."""
    clock = FakeClock()
    model = WorkspaceModel([str(tmp_path)], {}, lambda _done, _total, _finished: None, sleep=clock.sleep)
    await model.configure(Settings())
    model.prepare_choice()
    await clock.advance(QUIET_S - 0.1)
    assert model.index is None
    await clock.advance(0.1)
    await model.wait_until_prepared()
    assert model.index is not None
    await model.close()


async def test_the_model_and_the_choice_share_one_index(model: WorkspaceModel) -> None:
    await model.configure(Settings())
    model.prepare_choice()
    model.prepare()
    await wait_until_indexed(model)
    index = model.index
    assert model.if_loaded is not None
    assert model.choose_snippets is not None
    await model.configure(read_layers({"shaping": {"maxLines": 3}})[0])
    assert (model.index, model.choose_snippets is None) == (index, False)


async def test_other_folders_and_settings_end_a_choice(model: WorkspaceModel, tmp_path: Path) -> None:
    await model.configure(Settings())
    model.prepare_choice()
    await wait_until_indexed(model)
    await model.configure(read_layers({"trigger": {"exclude": ["ledger.py"]}})[0])
    assert model.choose_snippets is None
    model.prepare_choice()
    await wait_until_indexed(model)
    assert model.choose_snippets is None  # No file is left to be indexed.
    await model.set_folders([])
    model.prepare_choice()
    await model.wait_until_prepared()
    assert model.index is None


@pytest.mark.parametrize(
    ("user", "workspaces", "is_on"),
    [
        ({"context": {"workspace": "on"}}, [], True),
        ({"context": {"workspace": "off"}}, [], False),
        ({"context": {"workspace": "on"}}, [{"context": {"workspace": "off"}}], False),
        ({"context": {"workspace": "off"}}, [{"context": {"workspace": "on"}}], False),
        ({"context": {"workspace": "on", "snippetChars": 0}}, [], False),
        ({"context": {"workspace": "on"}, "embedded": {"maxSourceMb": 0}}, [], False),
    ],
)
def test_when_the_workspace_is_looked_at(user: object, workspaces: Sequence[object], is_on: bool) -> None:
    """A workspace's settings can only switch it off."""
    settings, problems = read_layers(user, workspaces)
    assert (problems, chooses_from_workspace(settings)) == ([], is_on)


async def test_an_api_gets_to_see_a_file_that_is_not_open(tmp_path: Path) -> None:
    """By default, and nothing is indexed before a document is open."""
    write_files(
        tmp_path, {"ledger.py": LEDGER, "secrets/.env": LEDGER, "other.py": "post_entry = balance_of = amount\n"}
    )
    (tmp_path / ".gitignore").write_text("other.py\n")
    opened: list[tuple[Document, Sequence[str]]] = []
    application = Application([str(tmp_path)], Heard(), open_documents=lambda _uri: opened, environ={"KEY": "test-key"})
    try:
        async with FimServer("(entry)") as api:
            settings = {"provider": {"kind": "mistral", "apiKeyEnv": "KEY", "url": api.url}}
            application._embedded._sleep = at_once
            await application.configure(settings | {"context": {"workspace": "on"}})
            await application.warm_up()
            assert application._embedded.index is None
            opened.append((Document((tmp_path / "here.py").as_uri(), "python", path="here.py"), CURSOR.split("\n")))
            application.document_opened()
            await wait_until_indexed(application._embedded)
            answer = await first_of(application.engine, request_at(f"{CURSOR}|"))
            assert isinstance(answer, Suggestion)
            prompts = [recorded.body["prompt"] for recorded in api.completions]
        assert ["class Ledger" in prompt for prompt in prompts] == [True]
        assert not any("post_entry = balance_of" in prompt or ".env" in prompt for prompt in prompts)
    finally:
        await application.close()
