"""The one table of marks that models leak: of FIM templates, of chat templates, of reasoning. Data only.

Marks of the form `<|name|>` are told by their form, whatever their name. A new family's other marks are one line here.
The stops of `core.prompt.FIM_TEMPLATES` are all in it: a test asks.
"""

from __future__ import annotations

from typing import Final

END_MARKS: Final = (
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<fim-prefix>",
    "<fim-suffix>",
    "<fim-middle>",
    "<fim-pad>",
    "<[fim-prefix]>",
    "<[fim-suffix]>",
    "<[fim-middle]>",
    "<[end▁of▁sentence]>",
    "<[begin▁of▁sentence]>",
    "<[PAD▁TOKEN]>",
    "<file_sep>",
    "<repo_name>",
    "<reponame>",
    "<gh_stars>",
    "<issue_start>",
    "<commit_before>",
    "<commit_after>",
    "<commit_msg>",
    "<jupyter_start>",
    "<jupyter_text>",
    "<jupyter_code>",
    "<jupyter_output>",
    "<empty_output>",
    "▁<PRE>",
    "▁<MID>",
    "▁<SUF>",
    "▁<EOT>",
    "<PRE>",
    "<MID>",
    "<SUF>",
    "<EOT>",
    "<CURSOR>",
    "<FILL_HERE>",
    "{{FILL_HERE}}",
    "<COMPLETION>",
    "</COMPLETION>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<eom>",
    "<<SYS>>",
    "<</SYS>>",
    "[/INST]",
)
"""Marks that no document has by chance. The text ends before such a mark, or begins behind it."""

INDEX_LIKE: Final = ("[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[INST]", "[SYSTEM_PROMPT]", "[DONE]")
"""As `END_MARKS`, where the document has no such name: `args[PREFIX]` is code."""

CLOSING_TAGS: Final = ("</code>", "</answer>", "</output>", "</completion>", "</middle>", "</fill>")
"""Closing tags of a wrapper whose opening tag was part of the prompt: marks at the text's end."""

TAG_LIKE: Final = (*CLOSING_TAGS, "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>", "<filename>")
"""Tags of HTML and words of usage texts elsewhere: marks at the text's start, at a line's start, and at its end."""

ECHO_MARKS: Final = (
    "<|fim_prefix|>",
    "<fim_prefix>",
    "<fim-prefix>",
    "<[fim-prefix]>",
    "<｜fim▁begin｜>",
    "<PRE>",
    "▁<PRE>",
    "[SUFFIX]",
    "<|code_prefix|>",
    "<|prefix|>",
    "<[fim-suffix]>",
)
"""Where a text begins with one, the prompt is said again, up to the last of `MIDDLE_MARKS`."""

MIDDLE_MARKS: Final = (
    "<|fim_middle|>",
    "<fim_middle>",
    "<fim-middle>",
    "<[fim-middle]>",
    "<｜fim▁end｜>",
    "<MID>",
    "▁<MID>",
    "<|code_middle|>",
    "<|middle|>",
)

ROLE_MARKS: Final = (
    r"<\|im_start\|>[ \t]*\w+[ \t]*\n?",
    r"<\|start_header_id\|>\w+<\|end_header_id\|>\n*",
    r"<\|start_of_role\|>\w+<\|end_of_role\|>\n?",
    r"<start_of_turn>[ \t]*\w+[ \t]*\n?",
    r"<\|(?:assistant|ASSISTANT|CHATBOT_TOKEN)\|>[ \t]*\n?",
    r"\[INST\].*?\[/INST\]",
    r"<\|(?:user|system)\|>.*?<\|assistant\|>\n?",
    r"<\|(?:start\|>\w*<\|)?channel\|>(?:(?!<\|channel\|>).)*?<\|channel\|>final(?:(?!<\|message\|>).)*<\|message\|>",
    r"<\|(?:start\|>\w*<\|)?channel\|>final(?:(?!<\|message\|>).)*<\|message\|>",
)
"""Regular expressions of what comes before an answer in the chat templates of ChatML, Llama, Granite, Gemma, Mistral,
GLM and harmony: the mark, and the role or the channel that it names."""

ROLE_STARTS: Final = ("<|im_start|>", "<|start_header_id|>", "<|start_of_role|>", "<start_of_turn>", "<|channel|>")
"""As long as nothing but this and what it names has come, there is no answer yet."""

REASONING: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|thinking|>", "<|/thinking|>"),
)
"""Marks around what a model says to itself before it answers."""

LINE_MARKS: Final = ("+++++ ", ">>>>>>> ", "<<<<<<< ", "@@ -")
"""Beginnings of lines that end the text: the head of Codestral's next file, marks of edits, and the head of a diff."""

NO_ANSWERS: Final = ("NO_EDITS", "NO_COMPLETION", "NO_CHANGES")
"""Whole answers that say there is none, where the document has no such name."""

BYTES: Final = {"<0x0A>": "\n", "<0x0D>": "", "<0x09>": "\t", "<0x20>": " "}
"""Bytes as a tokenizer names them."""

SPACES: Final = {"▁": " ", "Ġ": " ", "Ċ": "\n"}
"""Characters that tokenizers write for white space: SentencePiece, and byte-level BPE."""
