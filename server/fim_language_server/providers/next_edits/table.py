"""The one table of models for next edits: `PROFILES`, by the value of `nextEdit.provider.kind`.

Settings, docs and the contract tests are made from it. Sources: the models' cards on Hugging Face (sweepai,
zed-industries) and docs.inceptionlabs.ai.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fim_language_server.core.next_edit.focus import QuestionLimits
from fim_language_server.errors import SettingsError
from fim_language_server.providers.next_edits import mercury, seed_coder, sweep, zeta
from fim_language_server.providers.next_edits.profile import EditProfile, EditWire
from fim_language_server.providers.next_edits.windows import LinesAround, TokensAround

OFF: Final = "off"
BY_NAME: Final = ("auto", "openai")
"""Kinds for which the model's name tells the profile."""
LOCAL_SERVER: Final = "http://127.0.0.1:8080"
"""The address of llama.cpp's server, as it starts."""

_QWEN_ENDS: Final = "<|endoftext|>"
_SEED_MARKS: Final = (seed_coder.SUFFIX, seed_coder.PREFIX, seed_coder.MIDDLE, seed_coder.FILE, seed_coder.CURSOR)
_ZETA_LIMITS: Final = QuestionLimits(before=3_000, after=3_000, others=4_000, history=3_000)

_PROFILES: Final[tuple[EditProfile, ...]] = (
    mercury.MercuryEdit(
        name="inception",
        description="Inception's Mercury, over its endpoint for edits",
        url="https://api.inceptionlabs.ai/v1",
        model="mercury-edit-2",
        known_by=("mercury",),
        api_key_env="INCEPTION_API_KEY",
        wire=EditWire.EDITS,
        window=TokensAround(500),
        limits=QuestionLimits(before=6_000, after=6_000, others=4_000, history=4_000),
        marks=(
            *(
                f"<|{slash}{name}|>"
                for slash in ("", "/")
                for name in (
                    "recently_viewed_code_snippets",
                    "recently_viewed_code_snippet",
                    "current_file_content",
                    "code_to_edit",
                    "edit_diff_history",
                )
            ),
            mercury.CURSOR,
        ),
        cursor_mark=mercury.CURSOR,
    ),
    sweep.SweepFirst(
        name="sweep",
        description="Sweep's next-edit 0.5B and 1.5B, on a server of your own",
        url=LOCAL_SERVER,
        model="sweep-next-edit-1.5b",
        known_by=("sweep-next-edit", "sweep"),
        window=LinesAround(10, 10),
        limits=QuestionLimits(before=6_000, after=6_000, others=4_000, history=4_000),
        marks=(sweep.FILE, _QWEN_ENDS),
        stops=(sweep.FILE, "</s>", _QWEN_ENDS),
    ),
    sweep.SweepSecond(
        name="sweep-v2",
        description="Sweep's next-edit v2 7B, on a server of your own",
        url=LOCAL_SERVER,
        model="sweep-next-edit-v2-7b",
        known_by=("sweep-next-edit-v2", "sweep-next-edit-7b", "sweep-v2"),
        window=LinesAround(10, 10),
        limits=QuestionLimits(before=6_000, after=6_000, others=4_000, history=4_000),
        marks=(sweep.FILE, _QWEN_ENDS, "<|cursor|>"),
        cursor_mark="<|cursor|>",
        stops=(_QWEN_ENDS, sweep.FILE),
    ),
    zeta.ZetaFirst(
        name="zeta",
        description="Zed's zeta (7B), on a server of your own",
        url=LOCAL_SERVER,
        model="zeta",
        known_by=("zeta",),
        window=TokensAround(350),
        limits=_ZETA_LIMITS,
        marks=(zeta.CURSOR, zeta.FILE_START, zeta.REGION_START, zeta.REGION_END),
        cursor_mark=zeta.CURSOR,
        stops=(f"\n{zeta.REGION_END}",),
    ),
    seed_coder.ZetaSecond(
        name="zeta-2",
        description="Zed's zeta-2 (8B), on a server of your own",
        url=LOCAL_SERVER,
        model="zeta-2",
        known_by=("zeta-2", "zeta2", "zeta_2"),
        window=TokensAround(350),
        limits=_ZETA_LIMITS,
        marks=(*_SEED_MARKS, seed_coder.CURRENT, f"\n{seed_coder.SEPARATOR}\n", seed_coder.UPDATED),
        cursor_mark=seed_coder.CURSOR,
        stops=(seed_coder.UPDATED, seed_coder.END),
    ),
    seed_coder.ZetaMultiRegion(
        name="zeta-2.1",
        description="Zed's zeta-2.1 (8B, Apache-2.0), on a server of your own",
        url=LOCAL_SERVER,
        model="zeta-2.1",
        known_by=("zeta-2.1", "zeta2.1", "zeta_2.1", "zeta-2_1", "zeta2_1"),
        window=TokensAround(350),
        limits=_ZETA_LIMITS,
        marks=(*_SEED_MARKS, "<|marker_", seed_coder.END),
        cursor_mark=seed_coder.CURSOR,
        stops=(seed_coder.END,),
    ),
)

PROFILES: Final[Mapping[str, EditProfile]] = {profile.name: profile for profile in _PROFILES}

EDIT_KINDS: Final[tuple[str, ...]] = (OFF, *BY_NAME, *PROFILES)
"""Every value of `nextEdit.provider.kind`."""


def profile_of(kind: str, model: str) -> EditProfile:
    """Return the profile of a kind, or of a model's name where the kind leaves it to that. Raises SettingsError."""
    if kind in PROFILES:
        return PROFILES[kind]
    if kind not in BY_NAME:
        raise SettingsError(f"nextEdit.provider.kind is none of {', '.join(EDIT_KINDS)}.")
    name = model.lower()
    found = [(len(part), profile) for profile in _PROFILES for part in profile.known_by if part in name]
    if not found:
        what = "is not set" if not model else "names no model for next edits that is known here"
        raise SettingsError(
            f"nextEdit.provider.model {what}, so its format cannot be told; set nextEdit.provider.kind to one of "
            f"{', '.join(PROFILES)}."
        )
    return max(found, key=lambda it: it[0])[1]
