"""Prompts for servers that take text: the marks each family of FIM models was trained with, in one table.

A server with fields for prefix and suffix needs none of this; it marks them itself. Here a new family is one row of
FIM_TEMPLATES. A model that no row matches is an error: another family's marks would be text to it, and its answers
garbage that looks like code.

Text of documents can never change a prompt's structure: a mark that stands in it is broken up by a space. Servers
parse marks wherever they stand, so a file about FIM templates would otherwise write its own prompt.
Sources: the models' cards and papers (StarCoder 2: arXiv 2402.19173; Qwen2.5-Coder: arXiv 2409.12186; Code Llama:
arXiv 2308.12950; DeepSeek-Coder: arXiv 2401.14196), and Mistral's own tokenizer for Codestral.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from attrs import frozen

from fim_language_server.core.values import Context
from fim_language_server.errors import SettingsError

AUTO: Final = "auto"
"""The family is told by the model's name."""

NO_TEMPLATE: Final = "none"
"""The server is trusted to put prefix and suffix together."""

MOST_STOPS: Final = 4
"""Servers of OpenAI's dialect refuse longer lists, so no family has more."""

UNTITLED: Final = "untitled"


class PromptOrder(enum.Enum):
    """Order of the document's parts in a model's training: the part before the cursor first, or the part after it."""

    PREFIX_FIRST = "prefix, suffix, middle"
    SUFFIX_FIRST = "suffix, prefix, middle"


@frozen
class FimTemplate:
    """Prompt format of one family of models. In `lead`, `file_head` and `head`, `{path}` is the file's path.

    Other files come before the current one as `lead`, then `file_head`, text and `file_end` of each, then `head` of
    the current one; all of it before the first mark, or with `files_inside` between the prefix's mark and its text.
    A family that was shown no other files gets them as text of the prefix, each under a comment with its path.
    """

    family: str
    models: str  # a regular expression, searched for in the model's name in lower case
    prefix: str
    suffix: str
    middle: str
    stops: tuple[str, ...]
    order: PromptOrder = PromptOrder.PREFIX_FIRST
    other_marks: tuple[str, ...] = ()  # what else this family's tokenizer takes for a mark
    lead: str = ""
    file_head: str = "# {path}\n"
    file_end: str = "\n"
    head: str = "# {path}\n"
    head_in_prefix: str = ""  # the current file's head where it belongs behind the prefix's mark
    files_inside: bool = False
    always_headed: bool = False  # the current file has its head even where it is the only one

    @property
    def marks(self) -> tuple[str, ...]:
        """Every text that must not occur in a document's part of the prompt, the longest first."""
        found = {self.prefix, self.suffix, self.middle, *self.stops, *self.other_marks} - {""}
        return tuple(sorted({mark.strip(" ") for mark in found}, key=lambda mark: (-len(mark), mark)))


FIM_TEMPLATES: Final = (
    FimTemplate(
        "qwen",
        r"qwen[\w.:-]*coder",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        ("<|endoftext|>", "<|file_sep|>", "<|repo_name|>", "<|im_end|>"),
        other_marks=("<|fim_pad|>", "<|im_start|>"),
        lead="<|repo_name|>project\n",
        file_head="<|file_sep|>{path}\n",
        head="<|file_sep|>{path}\n",
    ),
    FimTemplate(
        "granite4",
        r"granite[-_]?4",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        ("<|end_of_text|>", "<|fim_pad|>"),
        other_marks=("<|start_of_role|>", "<|end_of_role|>"),
        files_inside=True,
    ),
    FimTemplate(
        "codestral",
        r"codestral",
        "[PREFIX]",
        "[SUFFIX]",
        "",
        ("[PREFIX]", "[SUFFIX]", "\n+++++ "),
        PromptOrder.SUFFIX_FIRST,
        other_marks=("[INST]", "[/INST]", "[MIDDLE]"),
        file_head="+++++ {path}\n",
        file_end="\n\n",
        head="+++++ {path}\n",
        files_inside=True,
    ),
    FimTemplate(
        "starcoder",
        r"starcoder|stable-?code|codeqwen|granite[-_]?(?:3|code|\d+b-code)|refact",
        "<fim_prefix>",
        "<fim_suffix>",
        "<fim_middle>",
        ("<|endoftext|>", "<file_sep>", "<fim_prefix>", "<fim_pad>"),
        other_marks=("<repo_name>", "<filename>", "<reponame>", "<gh_stars>"),
        lead="<repo_name>project",
        file_head="<file_sep>{path}\n",
        file_end="",
        head="<file_sep>",
        head_in_prefix="{path}\n",
    ),
    FimTemplate(
        "deepseek",
        r"deepseek",
        "<｜fim▁begin｜>",
        "<｜fim▁hole｜>",
        "<｜fim▁end｜>",
        ("<｜end▁of▁sentence｜>", "<｜fim▁begin｜>", "<|EOT|>"),
        other_marks=("<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"),
        file_head="#{path}\n",
        head="#{path}\n",
        files_inside=True,
    ),
    FimTemplate(
        "codellama",
        r"code-?llama",
        "<PRE> ",  # these spaces are part of what it was trained with
        " <SUF>",
        " <MID>",
        ("<EOT>", "<PRE>", "<SUF>", "<MID>"),
        other_marks=("<s>", "</s>"),
        files_inside=True,
    ),
    FimTemplate(
        "codegemma",
        r"codegemma",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        ("<|file_separator|>", "<end_of_turn>", "<eos>"),
        other_marks=("<start_of_turn>", "<bos>"),
        file_head="{path}\n",
        file_end="<|file_separator|>",
        head="{path}\n",
    ),
    FimTemplate(
        "seed-coder",
        r"seed-?coder",
        "<[fim-prefix]>",
        "<[fim-suffix]>",
        "<[fim-middle]>",
        ("<[end▁of▁sentence]>", "<[fim-prefix]>", "<filename>"),
        PromptOrder.SUFFIX_FIRST,
        other_marks=("<[begin▁of▁sentence]>", "<[PAD▁TOKEN]>"),
        file_head="<filename>{path}\n",
        head="<filename>{path}\n",
    ),
    FimTemplate(
        "mellum",
        r"mellum",
        "<fim_prefix>",
        "<fim_suffix>",
        "<fim_middle>",
        ("<filename>", "<|endoftext|>"),
        PromptOrder.SUFFIX_FIRST,
        other_marks=("<reponame>", "<fim_pad>"),
        file_head="<filename>{path}\n",
        head="<filename>{path}\n",
        always_headed=True,
    ),
    FimTemplate(
        "glm",
        r"glm-?4\.[5-9]",
        "<|code_prefix|>",
        "<|code_suffix|>",
        "<|code_middle|>",
        ("<|endoftext|>", "<|user|>"),
        other_marks=("<|assistant|>", "<|system|>", "<|observation|>"),
        files_inside=True,
    ),
    FimTemplate(
        "falcon-coder",
        r"falcon[\w.-]*coder",
        "<|prefix|>",
        "<|suffix|>",
        "<|middle|>",
        ("<|end_of_text|>", "<|im_end|>"),
        other_marks=("<|im_start|>",),
        files_inside=True,
    ),
)
"""The one table. Not in it, because they are asked otherwise: CodeGeeX 4 (a chat turn), Zeta and Mercury (edits)."""

_PLAIN: Final = FimTemplate("plain", r"(?!)", "", "", "", (), files_inside=True)
"""The form of other files in a prefix whose marks the server adds itself, for a model of no known family."""

FAMILIES: Final = tuple(template.family for template in FIM_TEMPLATES)

TEMPLATES: Final = (AUTO, NO_TEMPLATE, *FAMILIES)
"""Every value of `provider.template`."""


def choose_template(model: str, family: str = AUTO) -> FimTemplate:
    """Return the template of a family, or with `auto` of the model so named. Raises SettingsError, listing them."""
    known = ", ".join(FAMILIES)
    if family != AUTO:
        for template in FIM_TEMPLATES:
            if template.family == family:
                return template
        raise SettingsError(f'provider.template "{family}" is no family of FIM models; set it to one of {known}.')
    if known_one := family_of(model):
        return known_one
    description = f'the model "{model}"' if model else "an unnamed model"
    raise SettingsError(
        f"No FIM template is known for {description}, and the server does not mark prefix and suffix itself; "
        f"set provider.template to its family ({known}), or provider.model to a FIM model."
    )


def family_of(model: str) -> FimTemplate | None:
    """Return the template of the family that a model's name tells; None where it tells none."""
    return next((template for template in FIM_TEMPLATES if re.search(template.models, model.lower())), None)


def render_prompt(template: FimTemplate, context: Context) -> str:
    """Return the prompt after which the model says what stands between prefix and suffix."""
    marks = template.marks
    outer, inner = _heads(template, context)
    prefix = template.prefix + inner + _harmless(context.prefix, marks)
    suffix = template.suffix + _harmless(context.suffix, marks)
    body = prefix + suffix if template.order is PromptOrder.PREFIX_FIRST else suffix + prefix
    return outer + body + template.middle


def prefix_with_files(template: FimTemplate | None, context: Context) -> str:
    """Return the prefix under the other files, for a server that marks prefix and suffix itself.

    They have the form of the family's `template` where that puts files into the prefix; else each has its path above.
    """
    _, inner = _heads(template if template is not None and template.files_inside else _PLAIN, context)
    return inner + context.prefix


def _heads(template: FimTemplate, context: Context) -> tuple[str, str]:
    """Return what stands before the first mark, and what between the prefix's mark and its text."""
    marks = template.marks
    others = [
        _headed(template.file_head, snippet.path, marks) + _harmless(snippet.text, marks) + template.file_end
        for snippet in context.snippets
    ]
    if not others and not template.always_headed:
        return "", ""
    lead = template.lead if others else ""
    outer = lead + "".join(others) + _headed(template.head, context.path, marks)
    return ("", outer) if template.files_inside else (outer, _headed(template.head_in_prefix, context.path, marks))


def stops_with(template: FimTemplate, stops: Iterable[str]) -> tuple[str, ...]:
    """Return the user's stop texts and then the family's, as many as every server takes."""
    return tuple(dict.fromkeys([*stops, *template.stops]))[:MOST_STOPS]


def without_marks(text: str, marks: tuple[str, ...]) -> str:
    """Return `text` with a space after the first character of every mark in it: to be read, and no mark any more."""
    return _any_of(marks).sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", text) if marks else text


def _harmless(text: str, marks: tuple[str, ...]) -> str:
    # A mark may begin with a line end, and the form before this text end with one.
    return without_marks("\n" + text, marks)[1:]


def _headed(form: str, path: str, marks: tuple[str, ...]) -> str:
    on_one_line = " ".join((path or UNTITLED).split())
    return form.replace("{path}", without_marks(on_one_line, marks))


@cache
def _any_of(marks: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(mark) for mark in marks))
