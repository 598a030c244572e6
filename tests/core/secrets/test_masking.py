"""Nothing of a secret is in what is sent, wherever the cursor and the window's edges are; and answers get it back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.context import build_context
from fim_language_server.core.secrets import find_secrets
from fim_language_server.core.secrets.masking import MARGIN, Masked, cursor_secret, mask
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.secrets.restoring import Restorer, restorer_of
from fim_language_server.core.secrets.rules import RULES
from fim_language_server.core.values import CompletionRequest, Context, Document, Position, Snippet
from tests.fakes.secrets import formless, instance_of, pem

SALT = b"0123456789abcdef"
CODE = "".join(f"def step_{n}(value):\n    return value + {n}\n" for n in range(40))


def _kinds() -> list[tuple[str, str, str]]:
    """Return (name, line, secret) of each kind there is."""
    found = [(kind, *pair) for kind, pair in formless(random.Random(1)).items()]
    for rule in RULES:
        chance = random.Random(f"{rule.id} mask")
        whole, secret = instance_of(rule.expression.pattern, rule.group, chance)
        word = "" if any(keyword in whole.lower() for keyword in rule.keywords) else f"  # {rule.keywords[0]}"
        before = "" if whole.startswith((" ", '"', "'", "`", "\t")) or rule.id == "redis-password" else 'x = "'
        found.append((rule.id, f"{before}{whole}{word}", secret.strip()))
    return [kind for kind in found if any(kind[1][it.start : it.end] for it in find_secrets(kind[1]))]


KINDS = _kinds()


def _request(text: str, at: int, window: int = 100_000) -> CompletionRequest:
    line = text.count("\n", 0, at)
    return CompletionRequest(
        Document("file:///a.py", path="a.py"),
        Position(line, at - text.rfind("\n", 0, at) - 1),
        text[max(0, at - window) : at],
        text[at : at + window],
        prefix_is_whole=at <= window,
        suffix_is_whole=len(text) - at <= window,
    )


def _masked(text: str, at: int, size: int = 100_000, snippets: tuple[Snippet, ...] = ()) -> Masked:
    request = _request(text, at, size + MARGIN)
    return mask(build_context(request, size, size, snippets), request, Placeholders(SALT))


def _sent(masked: Masked) -> str:
    context = masked.context
    return "\n".join([context.prefix + context.suffix, *(snippet.text for snippet in context.snippets)])


@pytest.mark.parametrize(("line", "secret"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_no_secret_of_any_kind_is_sent_from_prefix_suffix_or_snippet(line: str, secret: str) -> None:
    """And its placeholder has its length, its beginning and its marks."""
    text = f"{CODE}{line}\n{CODE}"
    before, after = len(CODE) - 1, len(CODE) + len(line) + 1
    core = secret[-12:] if len(secret) > 12 else secret
    for masked in (_masked(text, before), _masked(text, after)):
        assert core not in _sent(masked)
        assert len(_sent(masked)) == len(text)
    snippet = _masked(CODE, 0, snippets=(Snippet("b.py", f"a = 1\n{line}\n"),))
    assert core not in _sent(snippet)
    assert len(snippet.context.snippets[0].text) == len(line) + 7


@pytest.mark.parametrize(("line", "secret"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_a_cursor_within_a_secret_lets_neither_half_out(line: str, secret: str) -> None:
    """It is not asked there, and who asks all the same sends two halves of a placeholder."""
    text = f"{CODE}{line}\n{CODE}"
    start = text.index(secret)
    for at in (start + len(secret) // 2, start + len(secret) - 1):
        sent = _sent(_masked(text, at))
        assert secret[-10:] not in sent
        assert cursor_secret(line[: at - len(CODE)], line[at - len(CODE) :]) is not None


@pytest.mark.parametrize("size", [80, 333, 700, 1_500])
def test_the_windows_edges_let_no_half_out(size: int) -> None:
    """Lines that a window cuts are judged with what lies beyond it."""
    chance = random.Random(size)
    for kind, line, secret in chance.sample(KINDS, 60):
        if len(secret) < 16:
            continue
        text = f"{CODE}value = {line}\n{CODE}"
        start = text.index(secret)
        half = secret[: len(secret) // 2], secret[len(secret) // 2 :]
        for at in (start + len(secret) // 2 + size, start + len(secret) // 2 - size):
            if 0 <= at <= len(text):
                sent = _sent(_masked(text, at, size))
                assert not any(part in sent for part in half if len(part) > 10), (kind, at - start)


def test_a_single_long_line_is_cut_without_leaving_half_a_secret() -> None:
    """Minified text has no line end to cut at."""
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    text = "x=1;" * 300 + f'k="{token}";' + "y=2;" * 300
    start = text.index(token)
    for size in (50, 200):
        for at in range(start + size - 4, start + size + len(token) + 4, 5):
            sent = _sent(_masked(text, at, size))
            assert not any(token[n : n + 10] in sent for n in range(4, len(token) - 10)), at


def test_the_same_secret_has_the_same_placeholder_everywhere_and_always() -> None:
    """Prompts begin the same from key to key, and the model sees that the two are one."""
    placeholders = Placeholders(SALT)
    line = 'password = "hunter2hunter3"\n'
    seen = set()
    for text in (line, CODE + line, line + CODE + "# hunter2hunter3 again\n"):
        request = _request(text, 0)
        masked = mask(build_context(request, 9_999, 9_999), request, placeholders)
        seen |= set(masked.secrets)
        assert "hunter2hunter3" not in _sent(masked)
    assert len(seen) == 1
    assert Placeholders(SALT[::-1]).of("hunter2hunter3", 0, ()) not in seen


@given(st.text(min_size=1), st.integers(0, 9))
def test_a_placeholder_has_the_shape_of_its_secret(secret: str, kept: int) -> None:
    """Length, kinds of characters, beginning; it is another text wherever there is a letter or digit to change."""
    made = Placeholders(SALT).of(secret, kept, ())
    assert len(made) == len(secret)
    assert made[:kept] == secret[:kept]
    assert all(a.isspace() == b.isspace() for a, b in zip(secret, made, strict=True))


def test_a_placeholder_never_stands_in_the_text_already() -> None:
    """Else what the model says of that would be taken for the secret."""
    first = Placeholders(SALT).of("hunter2", 0, ())
    assert Placeholders(SALT).of("hunter2", 0, (f"x = {first}",)) != first


SECRETS = {"ghp_Zx9Qk2Lm4Np6": "ghp_a1B2c3D4e5F6", "qxzjk7w": "hunter2", "Zx9": "abc", "q": "é"}
_PIECE = st.one_of(st.text(max_size=12), st.sampled_from(sorted(SECRETS)), st.sampled_from([k[:5] for k in SECRETS]))


@given(st.lists(_PIECE, max_size=12), st.data())
def test_restoring_is_the_same_however_the_answer_is_cut(pieces: list[str], data: st.DataObject) -> None:
    """Placeholders become secrets, and nothing else is altered but a beginning at the very end."""
    answer = "".join(pieces)
    known = {key: value for key, value in SECRETS.items() if len(key) > 3}
    whole = Restorer(known)
    expected = whole.feed(answer) + whole.finish()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=8)))
    restorer, out = Restorer(known), ""
    for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True):
        out += restorer.feed(answer[start:end])
    assert out + restorer.finish() == expected
    if not any(answer.endswith(key[:n]) for key in known for n in range(4, len(key))):
        assert expected == _by_hand(answer, known)


def _by_hand(answer: str, known: dict[str, str]) -> str:
    out, at = "", 0
    while at < len(answer):
        key = next((key for key in known if answer.startswith(key, at)), None)
        out += known[key] if key else answer[at]
        at += len(key) if key else 1
    return out


@pytest.mark.parametrize(("line", "secret"), [kind[1:] for kind in KINDS[:60]], ids=[kind[0] for kind in KINDS[:60]])
def test_masking_and_restoring_is_the_identity_on_what_quotes_the_text(line: str, secret: str) -> None:
    """A model that repeats what it saw says what is there."""
    text = f"{CODE}{line}\n{CODE}"
    masked = _masked(text, len(text))
    for size in (1, 3, 7, 64):
        restorer = restorer_of(masked)
        prefix = masked.context.prefix
        said = "".join(restorer.feed(prefix[n : n + size]) for n in range(0, len(prefix), size)) + restorer.finish()
        assert said == text


def test_an_answer_that_ends_within_a_placeholder_has_as_much_of_the_secret() -> None:
    """All it says is true; three characters could be any word."""
    restorer = Restorer({"ghp_Zx9Qk2Lm4Np6": "ghp_a1B2c3D4e5F6"})
    assert restorer.feed("t = ghp_Zx9Q") + restorer.finish() == "t = ghp_a1B2"
    assert Restorer({"qxzjk7w": "hunter2"}).feed("if q") == "if "


def test_a_secret_of_another_file_is_not_suggested_here() -> None:
    """The answer ends in front of its placeholder."""
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    masked = _masked("x = 1\n", 6, snippets=(Snippet("b.py", f'token = "{token}"\n'),))
    [stand_in] = masked.others
    restorer = restorer_of(masked)
    said = restorer.feed('token = "' + stand_in[:9]) + restorer.feed(stand_in[9:] + '"\nmore\n') + restorer.finish()
    assert (said, restorer.is_over) == ('token = "', True)


def test_text_without_secrets_is_sent_as_it_is() -> None:
    """The very same value, so nothing is copied."""
    request = _request(CODE, 100)
    context = build_context(request, 9_999, 9_999)
    assert mask(context, request, Placeholders(SALT)) == Masked(context)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('password = "hunter', '2"', True),
        ('password = "hunter2', "", True),
        ('password = "hunter2"', "", False),
        ('password = "', '"', False),
        ("DB_PASSWORD=hunter2x", "", True),
        ("token = ghp_a", "", True),
        ("token = 'sk-proj-Ab", "", True),
        ("token = gh", "", False),
        ("self.password = ", "", False),
        ("def password(self, ", "):", False),
        ("postgres://user:hunter2x", "@localhost/db", True),
        ("return value + ", "", False),
    ],
)
def test_where_the_cursor_is_in_a_secret(before: str, after: str, expected: bool) -> None:
    """Also while it is being typed."""
    assert (cursor_secret(before, after) is not None) is expected


def test_a_private_key_is_masked_whole_with_its_lines() -> None:
    """Its frame stays, because it tells nothing."""
    key = pem(random.Random(5))
    masked = _masked(f"a = 1\n{key}b = 2\n", 6 + len(key))
    assert not any(line in _sent(masked) for line in key.split("\n")[1:-2])
    assert key.split("\n")[0] in _sent(masked)
    assert isinstance(masked.context, Context)


@pytest.mark.parametrize(
    ("line", "elsewhere"),
    [
        ('db_password = "postgres"', "import postgres\npostgres.connect()\n"),
        ('password = "kubernetes"', "from kubernetes import client\n"),
        ('PASSWORD = "hunter2hunter3"', "xhunter2hunter3y = myhunter2hunter3\n"),
        ('user_password = "administrator"', "class administrator:\n    pass\n"),
    ],
)
def test_a_weak_password_is_masked_where_it_is_given_and_nowhere_else(line: str, elsewhere: str) -> None:
    """Else names of the program would be masked, and a model could not tell what the text is about."""
    sent = _sent(_masked(f"{elsewhere}{line}\n{elsewhere}", 0))
    assert sent.count(elsewhere) == 2


@pytest.mark.parametrize("around", [" {} ", '"{}"', "({})", "={};", "user:{}@host", "# {}."])
def test_a_random_secret_is_masked_also_where_it_stands_without_a_name(around: str) -> None:
    """As a word of its own, whatever stands around it."""
    chance = random.Random(around)
    for _ in range(20):
        secret = "".join(chance.choice("abcdefghijkm") + chance.choice("ABCDEFGH23456789") for _ in range(9)) + "4x7"
        assert secret not in _sent(_masked(f'api_key = "{secret}"\nx = 1\n{around.format(secret)}\n', 0))


@pytest.mark.parametrize(
    "begun",
    [
        "AIzaS",
        "AIzab",
        "AKCp8",
        "dapi1f",
        "sha256~a",
        "glrt-tX",
        "MIGkA",
        "xprv9s",
        "tprv8Z",
        "zprvAW",
        "xoxb-1",
        "4b1dA7",
    ],
)
@pytest.mark.parametrize("before", ["", "key = ", 'key = "', "KEY=", "f('"])
def test_a_token_that_is_being_typed_is_known_by_its_beginning(before: str, begun: str) -> None:
    """No model is asked, and none is told a part of it."""
    assert cursor_secret(before + begun, "") is not None


@pytest.mark.parametrize(
    "word", ["dapi_client", "dapiclient", "xprvs", "loginA1", "tokenizer2", "MI", "AIz", "sha256", "test_a1"]
)
def test_a_name_that_begins_as_some_tokens_do_is_none(word: str) -> None:
    """Typing there is completed as ever."""
    assert cursor_secret(f"value = {word}", "") is None
