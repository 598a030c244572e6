"""Values of settings as they are shown: names are, keys are not."""

from __future__ import annotations

import functools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.secrets.rules import RULES
from fim_language_server.core.shown_values import (
    LONGEST,
    NOT_SHOWN,
    SHORTEST_RUN,
    address_as_shown,
    as_shown,
    holds_key,
    is_variable_name,
)
from tests.fakes.secrets import instance_of

TRIES = 6
SHORTEST = 16
"""Characters of a token; what is shorter is a password or the id of an account, and cannot be told from a word."""


@functools.cache
def tokens() -> list[str]:
    """Return random keys and tokens of all issuers whose form is known."""
    made = [
        instance_of(rule.expression.pattern, rule.group, random.Random(f"{rule.id} {seed}"))[1].strip()
        for rule in RULES
        for seed in range(TRIES)
    ]
    runs = {token: max(map(len, re.findall(r"[A-Za-z0-9]+", token)), default=0) for token in made}
    long = [token for token in made if len(token) >= SHORTEST and runs[token] >= SHORTEST_RUN]
    return [token for token in long if token.isprintable() and " " not in token]


def test_no_key_is_shown_whoever_issued_it() -> None:
    """But for the numbers that some issuers call ids, which are told from others by nothing."""
    keys = tokens()
    shown = [key for key in keys if as_shown(key) != NOT_SHOWN]
    assert len(keys) > 1_800
    assert [key for key in shown if not key.isdecimal()] == []
    assert len(shown) <= 12


@pytest.mark.parametrize(
    "around", ["{}", "echo {}", "--key={}", "https://h/v1?key={}", "https://u:{}@h", "[{}]", "'{}'"]
)
def test_what_has_a_key_in_it_is_not_shown_either(around: str) -> None:
    """A command line, a URL, a list as it is written."""
    for key in tokens()[::7]:
        if not key.isdecimal():
            assert key not in as_shown(around.format(key))


@pytest.mark.parametrize(
    "name",
    [
        *("codestral-2501", "qwen2.5-coder:7b-instruct-q4_K_M", "bartowski/Qwen2.5-Coder-1.5B-GGUF", "mercury-coder"),
        *("accounts/fireworks/models/qwen2p5-coder-7b", "deepseek-coder-6.7b-base.Q4_K_M.gguf", "zai-org/GLM-4.5-Air"),
        *("ft:open-codestral:8a3b2c1d:20250101:abcd1234", "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ", "mistrl"),
        *("unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF:Q4_K_XL", "starcoder2:15b-instruct-v0.1-q5_K_M"),
        *("hf.co/ggml-org/Qwen2.5-Coder-3B-Q8_0-GGUF:latest", "ibm-granite/granite-4.0-h-tiny", "europe-west4"),
        *("MISTRAL_API_KEY", "AZURE_OPENAI_API_KEY_2", "/usr/local/bin/get-key", "/etc/ssl/certs/ca-certificates.crt"),
    ],
)
def test_names_are_shown(name: str) -> None:
    """Models, variables, programs, files: a message without them would be no help."""
    assert as_shown(name) == name


@pytest.mark.parametrize(
    "address",
    [
        *("https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4", "[::1]:8080"),
        *("https://mine.swedencentral.models.ai.azure.com/v1/fim/completions", "llm.acme.example:8443"),
        *("http://192.168.1.20:11434/api/generate", "https://api.langdock.com/mistral/eu/v1/fim/completions"),
    ],
)
def test_addresses_are_shown(address: str) -> None:
    """Hosts have long labels with numbers in them, and are names all the same."""
    assert address_as_shown(address) == address


def test_a_key_in_an_address_is_not_shown() -> None:
    """As the host, a label of it, the port or a part of the path."""
    for key in tokens()[::7]:
        if key.isalnum() and not key.isdecimal():
            for form in ("https://{}/v1", "https://{}.example/v1", "https://h.example/{}/v1", "h.example:{}"):
                assert key not in address_as_shown(form.format(key))


@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "my_key", "K", "_X1", "CODESTRAL_KEY_FOR_WORK"])
def test_what_can_be_a_variable(name: str) -> None:
    """Letters, digits and underscores."""
    assert is_variable_name(name)


def test_no_key_can_be_a_variable() -> None:
    """Many have nothing but letters, digits and underscores in them; they are keys all the same."""
    assert [key for key in tokens() if is_variable_name(key)] == []
    for text in ("", "sk-x", "$KEY", "${KEY}", "my key", "1KEY", "env:KEY", "KEY=1", "https://h"):
        assert not is_variable_name(text)


@given(st.text(max_size=300))
def test_what_is_shown_is_one_short_line(text: str) -> None:
    """Of any text."""
    shown = as_shown(text)
    assert len(shown) <= LONGEST
    assert shown.isprintable()
    assert shown == NOT_SHOWN or not holds_key(text)
