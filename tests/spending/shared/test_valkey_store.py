"""One limit for many machines, by a real Valkey server: the ledger's rule, and what happens when the server is away."""

from __future__ import annotations

import logging
import random
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.team.valkey_server import RealValkey, real_sentinel, real_valkey
from fim_language_server.core.values import Trigger
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.own_part import AT_THE_START
from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.crowd_file import CrowdFile
from fim_language_server.spending.shared.lease_exchange import BudgetSharing
from fim_language_server.spending.shared.ledger import Ledger
from fim_language_server.spending.shared.valkey_store import (
    ANSWER_S,
    RETRY_S,
    StoreAddress,
    ValkeyStore,
    function_source,
    keys_of,
    team_scope,
)
from fim_language_server.spending.shared_values import (
    Amount,
    LearnedLimits,
    Refusal,
    RefusedPart,
    ReportedLimits,
    SpendingReport,
    Spent,
)
from tests.fakes.clock import FakeClock
from tests.fakes.store_way import StoreWay, way_to
from tests.spending.shared.test_lease_exchange import Heard

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no Valkey server for Windows")

SCOPE = team_scope("api.example", "model")
INVOKED, AUTOMATIC = Trigger.INVOKED, Trigger.AUTOMATIC


CERTIFICATES = Path(__file__).parents[2] / "fakes" / "certificates"


@pytest.fixture
async def way(valkey: RealValkey) -> AsyncIterator[StoreWay]:
    async with way_to(valkey.port) as way:
        yield way


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[RealValkey]:
    async with real_valkey(tmp_path) as server:
        yield server


def report(
    spent: float = 0, *, ago_s: float = 5, held: float = 0, wanted: float = 800, limit: float = 6_000,
    least: float = 300, is_active: bool = True, is_urgent: bool = False, learned: LearnedLimits | None = None,
) -> SpendingReport:  # fmt: skip
    entries = (Spent(ago_s, Amount(1, spent)),) if spent else ()
    return SpendingReport(
        entries, Amount(1, held), Amount(4, wanted), Amount(100, limit), learned or LearnedLimits(),
        Amount(1, least), is_active, is_urgent,
    )  # fmt: skip


async def test_the_function_grants_what_the_ledger_grants(valkey: RealValkey, tmp_path: Path) -> None:
    """500 random reports of nine processes, to both: each grant and each largest lease agree."""
    chance = random.Random(7)
    store, ledger = ValkeyStore(StoreAddress(valkey.url)), Ledger(tmp_path / "budget")
    ledger.open()
    for _ in range(500):
        process = f"p{chance.randrange(9)}"
        said = report(
            chance.choice((0, 200, 900)), ago_s=chance.choice((2.5, 30.5, 55.5)), held=chance.choice((0, 100, 400)),
            wanted=chance.uniform(300, 2_000), limit=chance.choice((2_000, 6_000, 20_000)),
            least=chance.choice((200, 400)), is_active=chance.random() < 0.8, is_urgent=chance.random() < 0.2,
        )  # fmt: skip
        by_server, by_ledger = await store.exchange(SCOPE, process, said), ledger.exchange(SCOPE, process, said)
        for it in ("granted", "most"):
            for of in ("requests", "tokens"):
                one, other = (getattr(getattr(grant, it), of) for grant in (by_server, by_ledger))
                assert one == pytest.approx(other, abs=0.01), (it, of, said)
        assert (by_server.members, by_server.valid_s) == (by_ledger.members, by_ledger.valid_s)
        spent = [sum(each.amount.tokens for each in grant.others) for grant in (by_server, by_ledger)]
        assert spent[0] == pytest.approx(spent[1])
    await store.close()
    ledger.close()


async def test_a_report_may_be_repeated_and_a_member_leaves(valkey: RealValkey) -> None:
    """A lost answer costs nothing; what a member holds comes back when it leaves, what it spent counts on."""
    store = ValkeyStore(StoreAddress(valkey.url))
    said = report(1_000, held=3_000)
    for _ in range(3):
        await store.exchange(SCOPE, "a", said)
    grant = await store.exchange(SCOPE, "b", report(wanted=6_000))
    assert sum(it.amount.tokens for it in grant.others) == 1_000
    assert grant.granted.tokens <= 2_000
    await store.leave("a")
    after = await store.exchange(SCOPE, "b", report(wanted=6_000))
    assert after.members == 1
    assert after.granted.tokens == 5_000
    await store.close()


async def test_what_one_learns_holds_for_all_and_the_newest_is_believed(valkey: RealValkey) -> None:
    """Headers, refusals, pauses: as in the file of one machine."""
    store = ValkeyStore(StoreAddress(valkey.url))
    told = ReportedLimits(RateLimits(requests_per_minute=60, tokens_left=5), 1.0)
    first = LearnedLimits(told, Refusal(10, float("inf"), 50.0), 7.0, RefusedPart(0.25, 3.0))
    await store.exchange(SCOPE, "a", report(learned=first))
    older = LearnedLimits(ReportedLimits(RateLimits(requests_per_minute=30), 9.0), Refusal(8, 20, 5.0), 1.0)
    found = (await store.exchange(SCOPE, "b", report(learned=older))).learned
    assert found.told is not None
    assert found.told.limits == RateLimits(requests_per_minute=60, tokens_left=5)
    assert found.refusal is not None
    assert (found.refusal.per_minute, found.refusal.at_most) == (8, 20)
    assert found.part is not None
    assert found.part.part == 0.25
    assert found.part.ago_s == pytest.approx(3, abs=1)
    assert found.closed_for_s == pytest.approx(7, abs=1)
    await store.close()


async def test_limits_that_are_set_in_the_store_hold_for_all(valkey: RealValkey) -> None:
    """Raising them needs nothing on any machine; a user's own lower limit stays."""
    clock, store = FakeClock(), ValkeyStore(StoreAddress(valkey.url))
    limits = keys_of(SCOPE)[0].replace(b":spent", b":limits")
    await valkey.call("HSET", limits, "requests", "1000", "tokens", "200000")
    budgets = [RateBudget(clock, 500, 60_000), RateBudget(clock, 500, 60_000, keeps_own_limits=True)]
    for name, budget in zip("ab", budgets, strict=True):
        for _ in range(2):
            budget.settle_up(await store.exchange(SCOPE, name, budget.account()))
    assert [budget.account().limits for budget in budgets] == [Amount(1_000, 200_000), Amount(500, 60_000)]
    await store.close()


async def test_a_user_with_the_documented_rights_may_exchange_and_set_no_limits(valkey: RealValkey) -> None:
    """The line of docs/teams.md."""
    page = (Path(__file__).parents[3] / "docs" / "teams.md").read_text(encoding="utf-8")
    line = next(line for line in page.splitlines() if line.startswith("ACL SETUSER fim "))
    words = [word.strip("'\"") for word in line.split()]
    await valkey.call(*(">password" if word.startswith(">") else word for word in words))

    async def password(_is_refused: bool) -> str:
        return "password"

    store = ValkeyStore(StoreAddress(valkey.url.replace("//", "//fim@")), password)
    assert (await store.exchange(SCOPE, "a", report())).granted.tokens > 0
    await store.leave("a")
    for forbidden in (["HSET", "{fim:x}:limits", "tokens", "1"], ["FLUSHALL"], ["FUNCTION", "DELETE", "fim_budget"]):
        with pytest.raises(StoreError, match="does not let this user"):
            await store.call(*forbidden)
    await store.close()
    wrong = ValkeyStore(StoreAddress(valkey.url.replace("//", "//fim@")))
    with pytest.raises(StoreError, match=r"budget\.storePasswordEnv"):
        await wrong.exchange(SCOPE, "a", report())
    await wrong.close()


async def test_without_the_function_the_message_says_how_to_load_it(tmp_path: Path) -> None:
    """The first thing that is forgotten."""
    async with real_valkey(tmp_path, loads=False) as server:
        store = ValkeyStore(StoreAddress(server.url))
        with pytest.raises(StoreError, match="fim-language-server team load"):
            await store.exchange(SCOPE, "a", report())
        await store.close()


@pytest.mark.parametrize("how", ["killed", "paused", "emptied", "cut off"])
async def test_a_store_that_is_away_leaves_each_its_part_and_is_found_again(
    valkey: RealValkey, way: StoreWay, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One line in the log when it is lost, one when it is back, within ten seconds; completing never stops."""
    assert ANSWER_S + RETRY_S < 10
    clock, budgets, sharings = FakeClock(), [], []
    caplog.set_level(logging.INFO)
    for _ in range(2):
        heard = Heard(RateBudget(clock, 500, 60_000))
        sharing = BudgetSharing(
            ValkeyStore(StoreAddress(f"valkey://127.0.0.1:{way.port}", answer_s=0.3)), clock.call_later
        )
        sharing.share(heard, lambda _salt: SCOPE)
        await heard.wait_for(1)
        budgets.append(heard)
        sharings.append(sharing)
    await clock.advance(1)
    first = budgets[0]
    assert first.budget.reserve_nowait(400, AUTOMATIC)  # The change is told a second later.
    await clock.advance(1)
    await first.wait_for(2)
    if how == "paused":
        valkey.pause()
    elif how == "killed":
        valkey.kill()
    elif how == "cut off":
        way.is_cut = True
    else:
        await valkey.call("FUNCTION", "FLUSH")
    assert first.budget.reserve_nowait(400, AUTOMATIC)
    await clock.advance(1)
    await first.wait_until_cut_off()
    assert first.budget.account().limits.tokens == 30_000
    assert first.budget.reserve_nowait(400, AUTOMATIC)
    if how == "paused":
        valkey.go_on()
    elif how == "killed":
        await valkey.start()
    elif how == "cut off":
        way.is_cut = False
    else:
        await valkey.call("FLUSHALL")
        await valkey.call("FUNCTION", "LOAD", "REPLACE", function_source())
    n = first.n
    await clock.advance(RETRY_S)
    await first.wait_for(n + 1)
    assert first.budget.account().limits.tokens == 60_000
    for sharing in sharings:
        await sharing.close()
    lost = [record.message for record in caplog.records if "budgets are not shared with the team" in record.message]
    back = [record.message for record in caplog.records if "budgets are shared with the team again" in record.message]
    assert (len(lost), len(back)) == (1, 1)


async def test_a_store_is_reached_by_tls_by_its_own_name_and_a_certificate_that_is_trusted(valkey: RealValkey) -> None:
    """Otherwise one sentence says what to set, and neither password nor numbers are sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "certificate.pem", CERTIFICATES / "key.pem")
    trusted = str(CERTIFICATES / "certificate.pem")
    async with way_to(valkey.port, context) as way:
        for host, ca_file, is_reached in (
            ("localhost", trusted, True),
            ("127.0.0.1", trusted, True),
            ("127.0.0.1", "", False),
        ):
            store = ValkeyStore(StoreAddress(f"valkeys://{host}:{way.port}", ca_file=ca_file))
            if is_reached:
                assert (await store.exchange(SCOPE, host, report())).granted.tokens > 0
            else:
                with pytest.raises(StoreError, match=r"provider\.caFile"):
                    await store.exchange(SCOPE, host, report())
            await store.close()


async def test_a_member_that_was_killed_loses_its_lease_and_its_spending_in_time(valkey: RealValkey) -> None:
    """By the server's clock alone: the row's end is moved instead of waiting for it."""
    store = ValkeyStore(StoreAddress(valkey.url))
    await store.exchange(SCOPE, "killed", report(1_000, ago_s=58, held=4_500))
    assert (await store.exchange(SCOPE, "b", report())).granted.tokens <= 500
    members = keys_of(SCOPE)[1]
    ended = (
        "local it = cmsgpack.unpack(redis.call('HGET', KEYS[1], 'killed')) "
        "it[3] = it[3] - 30 redis.call('HSET', KEYS[1], 'killed', cmsgpack.pack(it))"
    )
    await valkey.call("EVAL", ended, 1, members)
    grant = await store.exchange(SCOPE, "b", report())
    assert grant.members == 1
    assert grant.granted.tokens == 800
    await store.close()


async def test_the_machines_clocks_do_not_matter(valkey: RealValkey) -> None:
    """Reports have ages only; one from the future or the far past counts as what it can be."""
    store = ValkeyStore(StoreAddress(valkey.url))
    for name, ago_s in (("early", -500.0), ("late", 5_000.0)):
        await store.exchange(SCOPE, name, report(5_000, ago_s=ago_s))
    grant = await store.exchange(SCOPE, "b", report())
    assert sum(it.amount.tokens for it in grant.others) == 0
    await store.close()


@pytest.mark.parametrize("name", ["a}b{c", "x y\n", "*?[\\", "é" * 300, ""])
def test_a_scope_is_one_hash_tag(name: str) -> None:
    """Whatever a host or a model is called."""
    for key in keys_of(team_scope("host", name)):
        assert key.count(b"{") == key.count(b"}") == 1
        assert len(key) < 600


async def test_a_machine_that_starts_while_the_store_is_away_keeps_to_its_part(
    valkey: RealValkey, tmp_path: Path
) -> None:
    """Its folder of state has how many they were; without one it begins as one that never reached the store."""
    crowd = CrowdFile(tmp_path / "state")
    store = ValkeyStore(StoreAddress(valkey.url), crowd=crowd)
    for name in "abcde":
        await store.exchange(SCOPE, name, report())
    await store.close()
    valkey.kill()
    budgets = []
    for folder in (crowd, CrowdFile(tmp_path / "nothing")):
        clock = FakeClock()
        heard = Heard(RateBudget(clock, 500, 60_000, is_of_workspace=True, shares_with_all=True))
        sharing = BudgetSharing(ValkeyStore(StoreAddress(valkey.url), crowd=folder), clock.call_later)
        sharing.share(heard, lambda _salt: SCOPE)
        await heard.wait_until_cut_off()
        budgets.append(heard.budget)
        await sharing.close()
    assert [budget._limits.tokens for budget in budgets] == [12_000, pytest.approx(AT_THE_START * 60_000)]


@pytest.mark.parametrize("content", ["", "many", "-3", "0", "9" * 30, "\u00e9"])
def test_a_file_of_something_else_is_no_number_of_members(tmp_path: Path, content: str) -> None:
    """Nor is one that cannot be written a fault."""
    crowd = CrowdFile(tmp_path)
    crowd.note(SCOPE, 7)
    assert crowd.recall(SCOPE) == 7
    crowd._path(SCOPE).write_text(content, encoding="utf-8")
    assert crowd.recall(SCOPE) == 0
    (tmp_path / "file").touch()
    CrowdFile(tmp_path / "file").note(SCOPE, 7)


async def test_sentinel_is_asked_for_the_primary_and_again_when_it_is_lost(valkey: RealValkey, tmp_path: Path) -> None:
    """A real Sentinel. The user's name goes to the primary only; a name that is not watched is said."""
    (tmp_path / "second").mkdir()
    async with real_valkey(tmp_path / "second") as second, real_sentinel(tmp_path, valkey.port) as sentinel:
        await second.call("ACL", "SETUSER", "fim", "on", "nopass", "allkeys", "allcommands")
        await valkey.call("ACL", "SETUSER", "fim", "on", "nopass", "allkeys", "allcommands")
        url = f"valkey://fim@127.0.0.1:{sentinel.port}/0?sentinel="
        store = ValkeyStore(StoreAddress(f"{url}team"), a_password)
        assert (await store.exchange(SCOPE, "a", report(300))).members == 1
        assert (await valkey.call("EXISTS", keys_of(SCOPE)[0]), await second.call("EXISTS", keys_of(SCOPE)[0])) == (
            1,
            0,
        )
        await sentinel.call("SENTINEL", "REMOVE", "team")
        await sentinel.call("SENTINEL", "MONITOR", "team", "127.0.0.1", second.port, 1)
        valkey.kill()
        with pytest.raises(StoreError):
            await store.exchange(SCOPE, "a", report(300))
        assert (await store.exchange(SCOPE, "a", report(300))).members == 1
        assert await second.call("EXISTS", keys_of(SCOPE)[0]) == 1
        await store.close()
        stranger = ValkeyStore(StoreAddress(f"{url}other"), a_password)
        with pytest.raises(StoreError, match="watches no server named other"):
            await stranger.exchange(SCOPE, "a", report())
        await stranger.close()


async def a_password(_is_refused: bool) -> str:
    """Any will do for a user without one."""
    return "any"
