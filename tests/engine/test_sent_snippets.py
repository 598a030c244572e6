"""Pieces of other files in a model's prompts, from request to request."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.other_files.growing import PieceLimits, Texts
from fim_language_server.core.values import CompletionRequest, Snippet, SnippetSource
from fim_language_server.engine.sent_snippets import FARTHEST_LINES, SentSnippets
from fim_language_server.engine.snippet_choice import ChosenSnippets
from tests.fakes.requests import request_at

LIMITS = PieceLimits(first_chars=102, best_chars=34, most_chars=170)
NONE = (0, 0)


@define
class FixedChoice:
    """A choice that has for each place what the test says."""

    chosen: ChosenSnippets | None = None
    n_changes: int = 0

    def newest_for(self, request: CompletionRequest) -> ChosenSnippets | None:
        chosen = self.chosen
        return chosen if chosen and chosen.uri == request.document.uri else None


@define
class Prompts:
    """The prompts of one model, one after the other."""

    texts: Texts = field(factory=dict)
    choice: FixedChoice = field(factory=FixedChoice)
    sent: SentSnippets = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sent = SentSnippets(self.choice, lambda: self.texts)  # type: ignore[arg-type]

    def at(
        self, line: int, *pieces: Snippet, uri: str = "file:///a.py", own: tuple[int, int] = NONE, is_sent: bool = True
    ) -> list[str]:
        """Return the texts of the pieces in the prompt of a line, for which `pieces` were chosen."""
        request = request_at("\n" * line + "x|", uri=uri)
        if pieces:
            self.choice.chosen = ChosenSnippets(uri, line, pieces)
        snippets = self.sent.choose(request, LIMITS, own)
        if is_sent:
            self.sent.note_sent(request, LIMITS, snippets)
        return [each.text for each in snippets]


def piece(name: str, source: SnippetSource = SnippetSource.WORKSPACE) -> Snippet:
    """A piece of 34 characters with its header."""
    return Snippet(f"{name}.py", name.ljust(21, "."), source=source)


def names(texts: list[str]) -> str:
    return " ".join(text.strip(".") for text in texts)


def test_the_first_prompt_has_more_and_the_next_ones_add_the_best() -> None:
    """What was sent stays in front, so that the prompt begins as the last one did."""
    prompts = Prompts()
    assert names(prompts.at(1, *map(piece, "pqrs"))) == "r q p"
    assert names(prompts.at(2, *map(piece, "tqu"))) == "r q p t"
    assert names(prompts.at(3, *map(piece, "vp"))) == "r q p t v"
    assert names(prompts.at(3)) == "r q p t v"
    assert names(prompts.at(4, *map(piece, "w"))) == "t v w", "the older half is gone at once"


def test_a_jump_begins_anew() -> None:
    """What was sent for another place would take the room of what this one needs."""
    prompts = Prompts()
    prompts.at(1, *map(piece, "pqr"))
    assert names(prompts.at(2 + FARTHEST_LINES, *map(piece, "tuv"))) == "v u t"
    assert names(prompts.at(2 + FARTHEST_LINES, *map(piece, "wxy"), uri="file:///b.py")) == "y x w"


def test_a_prompt_that_was_not_sent_changes_nothing() -> None:
    """A request that its budget refuses leaves what the provider has as it is."""
    prompts = Prompts()
    prompts.at(1, *map(piece, "pqr"))
    prompts.at(2, piece("t"), is_sent=False)
    assert names(prompts.at(3, piece("u"))) == "r q p u"


def test_a_request_without_a_choice_for_its_document_gets_nothing() -> None:
    """Pieces for another document's line are noise; and that document's prompts go on as before."""
    prompts = Prompts()
    prompts.at(1, *map(piece, "pqr"))
    assert prompts.at(1, uri="file:///b.py") == []
    assert names(prompts.at(2, piece("t"))) == "r q p t"


def test_what_changed_under_a_choice_is_not_sent_any_more() -> None:
    """Also where the cursor has not moved, and no new choice was made in time."""
    prompts = Prompts({"p.py": [[piece("p").text]], "q.py": [[piece("q").text]]})
    chosen = [piece(name, SnippetSource.OPEN_DOCUMENT) for name in "pq"]
    assert names(prompts.at(1, *chosen)) == "q p"
    prompts.texts = {"p.py": [], "q.py": [[piece("q").text]]}
    prompts.choice.n_changes += 1
    assert names(prompts.at(1)) == "q"


def test_a_piece_of_the_own_file_that_comes_into_the_windows_goes() -> None:
    """It would be there twice."""
    prompts = Prompts({"a.py": [["x", *[""] * 49, piece("p").text]]})
    far = Snippet("a.py", piece("p").text, source=SnippetSource.OWN_FILE, first_line=50)
    assert names(prompts.at(1, far, own=(0, 30))) == "p"
    assert names(prompts.at(2, far, piece("q"), own=(0, 60))) == "q"


def test_what_changed_on_the_disk_is_dropped_from_what_is_kept() -> None:
    """An old text of a closed file misleads, and the file may be gone or a secret; an open one is followed itself."""
    opened = piece("o", SnippetSource.OPEN_DOCUMENT)
    inner = Snippet("s/q.py", "q".ljust(19, "."), source=SnippetSource.WORKSPACE)
    prompts = Prompts({"o.py": [[opened.text]]})
    assert names(prompts.at(1, piece("p"), opened, inner)) == "q o p"
    prompts.choice.chosen = ChosenSnippets("file:///a.py", 1, ())
    prompts.sent.files_changed({"o.py", "s"})
    assert names(prompts.at(2)) == "o p", "a directory's name concerns all files in it"
    prompts.sent.files_changed({"z.py"})
    assert names(prompts.at(2)) == "o p"
    prompts.sent.files_changed(None)
    assert names(prompts.at(2)) == "o", "other files may be read now, whichever they are"
