"""A configuration of Continue becomes settings of ours; keys stay where they are, and what is lost is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.cli import main
from fim_language_server.cli.continue_config import COMPLETIONS_SERVERS, KINDS, import_settings
from fim_language_server.cli.import_continue import find_config, read_config
from fim_language_server.errors import SettingsError
from fim_language_server.providers import KINDS as OUR_KINDS
from fim_language_server.providers.targets import choose_target
from fim_language_server.settings import parse_settings

YAML = """\
name: Mine
version: 0.0.1
models:
  - name: Chat
    provider: anthropic
    model: claude
    roles: [chat]
  - name: Codestral
    provider: mistral
    model: codestral-latest
    apiKey: ${{ secrets.MISTRAL }}
    roles: [autocomplete]
    defaultCompletionOptions: {temperature: 0.2, maxTokens: 99999, stop: ["\\n\\n"]}
    autocompleteOptions: {debounceDelay: 300, maxPromptTokens: 2000}
"""


def provider_of(**model: Any) -> dict[str, Any]:
    return import_settings({"tabAutocompleteModel": {"model": "m", **model}}).settings["provider"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"provider": "mistral", "model": "codestral-latest"}, {"kind": "codestral"}),
        ({"provider": "mistral", "model": "codestral-2508"}, {"kind": "codestral", "model": "codestral-2508"}),
        (
            {"provider": "mistral", "model": "codestral-latest", "apiBase": "https://api.mistral.ai/v1"},
            {"kind": "mistral"},
        ),
        (
            {"provider": "mistral", "model": "codestral-2501", "apiBase": "https://api.langdock.com/mistral/eu/v1"},
            {"kind": "langdock"},
        ),
        (
            {"provider": "mistral", "model": "c", "apiBase": "https://x.eastus.models.ai.azure.com/v1"},
            {"kind": "azure", "url": "https://x.eastus.models.ai.azure.com/v1", "model": "c"},
        ),
        (
            {"provider": "mistral", "model": "c", "apiBase": "http://gateway.example/v1"},
            {"kind": "mistral", "url": "http://gateway.example/v1", "model": "c"},
        ),
        (
            {"provider": "vertexai", "model": "codestral-2", "region": "us-central1", "projectId": "p"},
            {"kind": "vertex", "region": "us-central1", "project": "p"},
        ),
        (
            {"provider": "vertexai", "env": {"region": "europe-west4", "projectId": "p"}},
            {"kind": "vertex", "model": "m", "region": "europe-west4", "project": "p"},
        ),
        ({"provider": "ollama", "model": "AUTODETECT", "apiBase": "http://localhost:11434/"}, {"kind": "ollama"}),
        (
            {"provider": "ollama", "model": "starcoder2:3b", "apiBase": "http://box:11434"},
            {"kind": "ollama", "url": "http://box:11434", "model": "starcoder2:3b"},
        ),
        ({"provider": "llama.cpp"}, {"kind": "llamacpp", "model": "m"}),
        ({"provider": "lmstudio"}, {"kind": "openai", "url": "http://localhost:1234/v1", "model": "m"}),
        (
            {"provider": "vllm", "apiBase": "http://gpu:8000/v1"},
            {"kind": "openai", "url": "http://gpu:8000/v1", "model": "m"},
        ),
        ({"provider": "deepseek", "apiBase": "https://api.deepseek.com/"}, {"kind": "deepseek", "model": "m"}),
        ({"provider": "inception", "model": "mercury-edit-2"}, {"kind": "inception"}),
        (
            {"provider": "openai", "requestOptions": {"caBundlePath": "/etc/ca.pem"}},
            {"kind": "openai", "model": "m", "caFile": "/etc/ca.pem"},
        ),
        (
            {"provider": "ollama", "completionOptions": {"temperature": 0.1, "topP": 0.9, "maxTokens": 64}},
            {"kind": "ollama", "model": "m", "temperature": 0.1, "topP": 0.9, "maxTokens": 64},
        ),
    ],
)
def test_which_provider_it_is(model: dict[str, Any], expected: dict[str, Any]) -> None:
    """Kind, address and model, as far as they are not the kind's own; and our settings take them."""
    assert provider_of(**model) == expected
    settings, problems = parse_settings({"provider": expected}, OUR_KINDS)
    assert problems == []
    assert choose_target(settings.provider, {"GOOGLE_CLOUD_PROJECT": "p"}) is not None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"disable": True}, {"trigger": {"mode": "off"}}),
        ({"debounceDelay": 500}, {"trigger": {"maxDelayMs": 500}}),
        ({"debounceDelay": 60_000}, {"trigger": {"maxDelayMs": 5_000}}),
        ({"disableInFiles": ["*.md"]}, {"trigger": {"exclude": ["*.md"]}}),
        ({"multilineCompletions": "never"}, {"shaping": {"multiLine": "never"}}),
        ({"maxPromptTokens": 1_500}, {"context": {"prefixChars": 1_350, "suffixChars": 900}}),
        ({"maxPromptTokens": 1_000, "prefixPercentage": 0.5}, {"context": {"prefixChars": 1_500, "suffixChars": 600}}),
        ({"prefixPercentage": 0.5, "useCache": True}, {}),
    ],
)
def test_how_it_behaves(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """Delays, files, lines and sizes; what has no counterpart is left out."""
    config = {"tabAutocompleteModel": {"provider": "ollama", "model": "m"}, "tabAutocompleteOptions": options}
    settings = import_settings(config).settings
    assert {name: section for name, section in settings.items() if name != "provider"} == expected


def test_the_new_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The model with the role autocomplete; the settings as JSON, the rest on standard error."""
    path = tmp_path / "config.yaml"
    path.write_text(YAML, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["import-continue", str(path)])
    said = capsys.readouterr()
    assert ended.value.code == 0
    settings = json.loads(said.out)
    assert settings == {
        "fim": {
            "provider": {"kind": "codestral", "temperature": 0.2, "maxTokens": 4096, "stop": ["\n\n"]},
            "trigger": {"maxDelayMs": 300},
            "context": {"prefixChars": 1_800, "suffixChars": 1_200},
        }
    }
    assert parse_settings(settings, OUR_KINDS)[1] == []
    assert said.err == (
        "Set CODESTRAL_API_KEY in the editor's environment to the secret that apiKey names; it is not printed here.\n"
    )


SECRET = "k3y-of-mine-1234567890"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"tabAutocompleteModel": {"provider": "mistral", "model": "codestral-latest", "apiKey": SECRET}}),
        json.dumps({"tabAutocompleteModel": {"provider": "vllm", "model": "m", "apiBase": f"http://u:{SECRET}@h/v1"}}),
        json.dumps({"tabAutocompleteModel": {"provider": "x", "apiKey": SECRET}}),
        json.dumps(
            {"tabAutocompleteModel": {"provider": "vllm", "requestOptions": {"headers": {"Authorization": SECRET}}}}
        ),
        '{"tabAutocompleteModel": {"apiKey": "' + SECRET + '" oops',
        'a: b: "' + SECRET,
    ],
)
@pytest.mark.parametrize("name", ["config.json", "config.yaml"])
def test_no_key_is_ever_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, name: str) -> None:
    """Not in the settings, not in a note, and not in an error that would quote its line."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["import-continue", str(path)])
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert said.err.strip()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, "no configuration of Continue"),
        ([], "no configuration of Continue"),
        ({}, "No model for autocompletion is in it"),
        ({"models": [{"provider": "ollama", "roles": ["chat"]}, {"uses": "x/y"}, 3]}, "only Continue can read blocks"),
        ({"tabAutocompleteModel": {"provider": "anthropic"}}, '"anthropic" has no counterpart here; known'),
        ({"models": [{"uses": "mistral/codestral", "roles": ["autocomplete"]}]}, "comes from Continue's hub"),
    ],
)
def test_what_cannot_be_imported(config: Any, words: str) -> None:
    """One sentence says why."""
    with pytest.raises(SettingsError) as caught:
        import_settings(config)
    assert words in str(caught.value)


def test_what_is_lost_is_said() -> None:
    """Several models, headers, proxies, unchecked certificates, templates."""
    imported = import_settings(
        {
            "tabAutocompleteModel": [
                {
                    "title": "First",
                    "provider": "vllm",
                    "model": "m",
                    "requestOptions": {"headers": {"A": "b"}, "proxy": "http://p", "verifySsl": False},
                },
                {"title": "Second", "provider": "ollama"},
            ],
            "tabAutocompleteOptions": {"template": "{{{prefix}}}"},
        }
    )
    words = ["First is taken, not Second", "headers", "HTTPS_PROXY", "provider.caFile", "provider.template"]
    assert len(imported.notes) == len(words)
    assert all(word in note for word, note in zip(words, imported.notes, strict=True))


@pytest.mark.parametrize("provider", [*KINDS, *COMPLETIONS_SERVERS])
def test_every_known_provider_gives_settings_that_work(provider: str) -> None:
    """Each row of the tables leads to a target."""
    settings, problems = parse_settings({"provider": provider_of(provider=provider)}, OUR_KINDS)
    assert problems == []
    assert choose_target(settings.provider, {"GOOGLE_CLOUD_PROJECT": "p"}) is not None


def test_json_as_people_write_it(tmp_path: Path) -> None:
    """With comments on their own lines and a comma too many, as Continue reads it."""
    path = tmp_path / "config.json"
    path.write_text('{\n\t// mine\n\t"tabAutocompleteModel": {"provider": "ollama",},\n}\n', encoding="utf-8")
    assert read_config(path) == {"tabAutocompleteModel": {"provider": "ollama"}}


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    """The new format before the old one, as Continue does; without either a sentence says what to name."""
    with pytest.raises(SettingsError, match=r"name its config\.json or config\.yaml"):
        find_config(tmp_path)
    for name in ("config.json", "config.yaml"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
        assert find_config(tmp_path) == tmp_path / name
    with pytest.raises(SettingsError, match="cannot read"):
        read_config(tmp_path / "none.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "model",
                    "apiBase",
                    "completionOptions",
                    "maxTokens",
                    "stop",
                    "requestOptions",
                    "env",
                    "debounceDelay",
                    "maxPromptTokens",
                    "disableInFiles",
                    "caBundlePath",
                    "region",
                    "apiKey",
                    "roles",
                ]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@given(st.sampled_from([*KINDS, *COMPLETIONS_SERVERS]), JSON, JSON, JSON)
def test_no_configuration_crashes_it(provider: str, model: Any, options: Any, behaviour: Any) -> None:
    """Whatever stands in it: settings, or one sentence."""
    config = {
        "tabAutocompleteModel": {**(model if isinstance(model, dict) else {}), "provider": provider},
        "completionOptions": options,
        "tabAutocompleteOptions": behaviour,
    }
    try:
        imported = import_settings(config)
    except SettingsError:
        return
    json.dumps(imported.settings)
