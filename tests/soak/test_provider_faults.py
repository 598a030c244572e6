"""The short form of the trial of provider faults, and that it sees what is wrong."""

from __future__ import annotations

from tests.soak import provider_faults
from tests.soak.provider_faults import AUTOMATIC_S, Asked, Outcome, cases, run
from tests.soak.wire_faults import WIRES, Fault, faults


def test_there_are_enough_faults_and_each_has_a_name() -> None:
    """Every wire API has each."""
    for wire in WIRES:
        names = [fault.name for fault in faults(wire)]
        assert len(names) == len(set(names)) >= 161
    assert {wire.kind for wire, _, _ in cases(0, 1)} == {wire.kind for wire in WIRES}


def test_provider_faults() -> None:
    """A dozen, drawn by chance."""
    outcomes, known = run(12, seed=3)
    assert all(known.values()), "the fallback has a text at every place"
    assert [fault for outcome in outcomes for fault in outcome.faults(known)] == []


def test_what_is_wrong_is_seen() -> None:
    """Late, unanswered, without the fallback's text, not well again, and too many messages."""
    fault, known = Fault("f", None), {"first automatic": "text"}

    def outcome(asked: Asked, recovery_s: float | None = 1.0, messages: int = 0) -> Outcome:
        return Outcome("mistral", fault, "first", (("automatic", asked),), recovery_s, ["m"] * messages, [], 1)

    assert outcome(Asked("text", 1.0)).faults(known) == []
    for wrong in (
        outcome(Asked("text", AUTOMATIC_S + 1)),
        outcome(Asked("text", None)),
        outcome(Asked("", 1.0)),
        outcome(Asked("text", 1.0), recovery_s=11.0),
        outcome(Asked("text", 1.0), recovery_s=None),
        outcome(Asked("text", 1.0), messages=2),
    ):
        assert wrong.faults(known)
    assert provider_faults.summary([outcome(Asked("text", 1.0))], known, [1.0, 1.0])
