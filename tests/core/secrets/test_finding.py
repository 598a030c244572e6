"""Secrets are found in any text: an instance of every rule, kinds without a form; and code without secrets has none."""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import fim_language_server
from fim_language_server.core.secrets import (
    find_secrets,
    holds_secret,
    looks_like_key,
    public_rules,
    reason_to_withhold,
    without_secret_lines,
)
from fim_language_server.core.secrets.masking import cursor_secret
from fim_language_server.core.secrets.rules import RULES, Rule
from tests.fakes.secrets import ALNUM, HEX, formless, instance_of, pem, text_of

TRIES = 6


def _covers(text: str, secret: str) -> bool:
    at = text.index(secret)
    return any(found.start <= at and at + len(secret) <= found.end for found in find_secrets(text))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_finds_random_secrets_of_its_kind(rule: Rule) -> None:
    """At least five of six: some random ones have less entropy than the rule asks for."""
    missed = []
    for seed in range(TRIES):
        chance = random.Random(f"{rule.id} {seed}")
        whole, secret = instance_of(rule.expression.pattern, rule.group, chance)
        word = "" if any(keyword in whole.lower() for keyword in rule.keywords) else f"  # {rule.keywords[0]}"
        before = "" if whole.startswith((" ", '"', "'", "`", "\t")) or rule.id == "redis-password" else 'x = "'
        if not _covers(f"def f():\n{before}{whole}{word}\n    return 1\n", secret.strip()):
            missed.append(whole)
    assert len(missed) <= 1, missed


@pytest.mark.parametrize("kind", formless(random.Random(0)))
def test_secrets_without_a_form_are_found_by_what_they_are_given_to(kind: str) -> None:
    """Passwords in any language, connection strings, headers, queries, hexadecimal tokens."""
    for seed in range(10):
        line, secret = formless(random.Random(seed))[kind]
        assert _covers(f"first = 1\n{line}\nlast = 2\n", secret), line


@pytest.mark.parametrize(
    "form",
    [
        "cfut_{a40}", "tvly-dev-{a32}", "tvly-{a32}", "pa-{a43}", "access-production-11111111-2222-4333-8444-{h12}",
        "dose{h32}", "snyk_uat.{h8}.{a99}", "polar_oat_{a43}", "key_{h64}", "sgp_{h40}", "sgp_{h16}_{h40}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "around", ['x = "{}"', "1,bob,{},9", "local t = [[{}]]", "key!{}!", "A=${{X:-{}}}", "- use {} for it"]
)
def test_a_services_token_is_found_whatever_stands_around_it(form: str, around: str) -> None:
    """In strings of any language, in data and in prose."""
    for seed in range(10):
        chance = random.Random(f"{form} {seed}")
        secret = form
        for part, kind, length in re.findall(r"(\{([ah])(\d+)\})", form):
            secret = secret.replace(part, text_of(ALNUM if kind == "a" else HEX, int(length), chance))
        assert _covers(around.format(secret) + "\n", secret)


def test_there_are_more_than_sixty_kinds() -> None:
    """As many as were tried when none was kept back."""
    assert len({rule.id for rule in RULES}) + len(formless(random.Random(0))) > 250


@pytest.mark.parametrize(
    "line",
    [
        'password = "changeme"',
        'password = ""',
        "password = getpass.getpass()",
        "password: string",
        "password: str",
        '"password": "Passwort",',
        'password_field = "user_password_1"',
        'label_password = "Enter your password:"',
        'api_key = "your-api-key-here"',
        'api_key = "<your token>"',
        "api_key = process.env.API_KEY",
        'api_key = os.environ["API_KEY_2"]',
        "DB_PASSWORD=${DB_PASSWORD}",
        "DB_PASSWORD=$DB_PASSWORD",
        'password = "{{ vault_password_1 }}"',
        "password: ${{ secrets.PASSWORD_2 }}",
        'token = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        'AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"',
        'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        '"integrity": "sha512-q2mnsOmfuWjHkjm4dU0Vf7DVv2sOT3XqlCmzWt0uqtVhWHPDe8nPcTbBBZ1BiuFpQqxQ=="',
        "    --hash=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "commit 2c26b46b68ffc68ff99b453c1d30413413422d70",
        'uuid = "123e4567-e89b-12d3-a456-426614174000"',
        "self.token = token",
        "self.access_token = response.json()['access_token']",
        "token_type = TokenType.IDENTIFIER_2",
        'key_name = "primary_key_2"',
        "keyboard = Keyboard(layout='qwerty1')",
        "https://example.org/path?page=2#section-3",
        "url = 'postgres://user:password@localhost/db'",
        "url = f'postgres://{user}:{password}@localhost/db'",
        "tokenizer = AutoTokenizer.from_pretrained('model-7b-v2')",
        "import { token2string } from './token2string.js'",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "$2a is the prefix, and sig=1",
        "words = ['prop', 'pwd', 'quickcheck', 'quit']",
        "    'test_pass', 'test_summary',",
        '    MovedAttribute("HTTPPasswordMgr", "urllib2", "urllib.request"),',
        "fields = dict.fromkeys(['username', 'password', 'repository'])",
        "splituser('user[:passwd]@host[:port]') --> 'user[:passwd]', 'host[:port]'",
        "    util._assertion_pass = call_assertion_pass_hook",
        "basic(username=auth_info[0], password=auth_info[2])",
        "url.format(user=user, password=password, netloc=netloc)",
    ],
)
def test_what_stands_for_a_secret_is_none(line: str) -> None:
    """Names, calls, variables, examples of manuals, hashes that lock files check by."""
    assert find_secrets(f"{line}\n") == ()


def test_code_of_this_package_has_none() -> None:
    """A false find costs a model's understanding of the text; rules themselves are left out."""
    package = Path(fim_language_server.__file__).parent
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py") if "secrets" not in path.parts}
    found = {
        path.name: [text[it.start : it.end] for it in find_secrets(text)]
        for path, text in texts.items()
        if holds_secret(text)
    }
    assert sum(map(len, found.values())) <= 2, found


def test_a_private_key_is_found_also_where_its_frame_is_cut_off() -> None:
    """A window may begin or end within it."""
    key = pem(random.Random(3), lines=12)
    body = key.split("\n")[5]
    assert _covers(f"# x\n{key}# y\n", body)
    assert _covers(key[: key.index(body) + 64], body)
    assert _covers(key[key.index(body) :] + "\nx = 1\n", body)
    assert _covers('k = "' + key.replace("\n", "\\n") + '"\n', body)


def test_a_value_in_the_next_line_counts() -> None:
    """As formatters put it."""
    assert _covers('password = (\n    "a8Kx0pqwe1"\n)\n', "a8Kx0pqwe1")
    assert _covers("token: >-\n  a8Kx0pqwe1ZZ09aaQQ\n", "a8Kx0pqwe1ZZ09aaQQ")
    assert find_secrets("def token(\n    self,\n    value,\n):\n") == ()


def test_values_of_kubernetes_secrets_count_in_that_kind_alone() -> None:
    """Whatever the entries are called."""
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  colour: cmVkLWJsdWU=\ntype: Opaque\n"
    assert _covers(secret, "cmVkLWJsdWU=")
    assert find_secrets(secret.replace("kind: Secret", "kind: ConfigMap")) == ()


def test_places_hold_whatever_the_line_ends() -> None:
    r"""`\r\n` and `\r` count as one code point each, and secrets are told by theirs."""
    for end in ("\n", "\r\n", "\r"):
        text = f'a = 1{end}password = "hunter2z"{end}b = 2'
        [found] = find_secrets(text)
        assert text[found.start : found.end] == "hunter2z"


def test_letters_that_grow_in_lower_case_move_nothing() -> None:
    """The Turkish capital I becomes two code points."""
    text = 'İİİİİİİİİİ = 1\npassword = "hunter2z"\nİ = 2; api_key = "a8Kx0pqwe1ZZ09"\n'
    assert [text[it.start : it.end] for it in find_secrets(text)] == ["hunter2z", "a8Kx0pqwe1ZZ09"]


HOSTILE = (
    "key", "adafruit", "password", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----\n", "a.", "://", "curl ",
    'password="', "sk-", "eyJ", "eyJ.eyJ.", "secret_", "token:", "x-key-", "name='token' ", "\\n", "host=;", "A" * 18,
    "kind: Secret\n", "data:\n", "-----END ", "0" * 30 + "\n", "machine ",
    " -p", "--", "password = (\n",
    "Private-Lines: 9\n",
    "$ANSIBLE_VAULT;\n0000000000\n", "mnemonic abcd ", '"d":', "[\\w", "sig=&", "aws ",
    "1//0", "SharedAccessSignature ", 'token = a or "', "token { get; set; } = ", "token by lazy {", "TOKEN=${TOKEN:-",
    "proxy_set_header X-Token ", '("password", "a1b2c3d4", ', "kennwort = ",
    "kind: Secret\ndata:\n", "kind: Secret\ndata:\n  a: b\n", "kind: Secret\ndata:\n  a: |\n    b\n---\n",
    "kind: Secret\nstringData:\n  a:\n", "  kind: Secret\n  data:\n    data:\n      a: bcd\n", "\n---",
    "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", "-----END PRIVATE KEY----- ",
    "-----BEGIN PRIVATE KEY----- ", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "AAAA\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "-----BEGIN A PRIVATE KEY-----A-----END CERT-----",
)  # fmt: skip


def _cursor_at_the_end(text: str) -> None:
    cursor_secret(text.replace("\n", " "), "")


def _cursor_at_the_start(text: str) -> None:
    cursor_secret("k = ", text.replace("\n", " "))


QUESTIONS = (find_secrets, reason_to_withhold, without_secret_lines, _cursor_at_the_end, _cursor_at_the_start)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
@pytest.mark.parametrize("part", HOSTILE, ids=repr)
def test_no_text_makes_the_work_grow_faster_than_itself(part: str, question: Callable[[str], object]) -> None:
    """Sixteen times the text takes about sixteen times as long; a square would take 256 times, and 120 are too many.

    The least of several runs counts, so that other work on the machine does not.
    """

    def seconds(size: int, run: int) -> float:
        text = f"{run}" + part * (size // len(part))
        began = time.process_time()
        question(text)
        return time.process_time() - began

    seconds(100, 0)
    small = max(min(seconds(2_000, run) for run in range(1, 4)), 0.0005)
    assert any(seconds(32_000, run) < 120 * small for run in range(4, 8)), small


def test_a_cursor_in_a_very_long_line_is_judged_by_what_stands_around_it() -> None:
    """Also where it stands in a secret: as exactly as in a short line."""
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    before = "x=1;" * 50_000 + f'k="{token[:20]}'
    found = cursor_secret(before, token[20:] + '";' + "y=2;" * 50_000)
    assert found is not None
    assert (found.start, found.end) == (before.index(token[:20]), before.index(token[:20]) + len(token))


@pytest.mark.parametrize("kind_first", [True, False])
def test_each_entry_of_a_kubernetes_secret_is_found_once(kind_first: bool) -> None:
    """In every order in which `kubectl` and people write the parts; a document's kind says nothing of the next one."""
    chance = random.Random(3)
    for _ in range(60):
        kind = chance.choice(["Secret", "ConfigMap"])
        values = [base64.b64encode(chance.randbytes(9)).decode() for _ in range(chance.randint(1, 9))]
        key = chance.choice(["data", "stringData", '"data"'])
        data = f"{key}:\n" + "".join(f"  colour.{n}: {value}\n" for n, value in enumerate(values))
        parts = [f"kind: {kind}\n", data] if kind_first else [data, f"kind: {kind}\n"]
        text = "".join([parts[0], "metadata:\n  name: some\n", parts[1], "---\nkind: Deployment\ndata:\n  a: bcdefg\n"])
        expected = values if kind == "Secret" else []
        found = [text[it.start : it.end] for it in find_secrets(text) if it.rule == "kubernetes-secret"]
        assert found == expected, text


def test_gitleaks_rules_that_are_not_translated_are_named() -> None:
    """Each with what stands in for it."""
    names = {rule.id for rule in RULES}
    assert len(public_rules.NOT_TRANSLATED) < 8
    assert not names & set(public_rules.NOT_TRANSLATED)
    assert len({row[0] for row in public_rules.RULES}) > 210


@pytest.mark.parametrize("word", ["sk-proj-" + "Ab1" * 12, "ghp_" + "a1B2c3" * 6, "0123456789abcdef" * 2, "a1B2" * 8])
def test_what_looks_like_a_key_is_known_by_itself(word: str) -> None:
    """For messages that would repeat a setting's value."""
    assert looks_like_key(word)


@pytest.mark.parametrize(
    "word",
    [
        "MISTRAL_API_KEY",
        "codestral-latest",
        "qwen2.5-coder:1.5b-base-q8_0",
        "http://127.0.0.1:8080/v1",
        "/usr/bin/pass",
        "",
    ],
)
def test_names_models_and_addresses_look_like_no_key(word: str) -> None:
    """A message without them would be no help."""
    assert not looks_like_key(word)
