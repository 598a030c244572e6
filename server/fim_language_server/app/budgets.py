"""The budgets of all models, and where each is shared: in a file of this machine, or on a server of the team."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from attrs import define, field

from fim_language_server.clock import CallLater, Clock
from fim_language_server.errors import SettingsError
from fim_language_server.providers.credentials import CommandFailedError, run_key_command
from fim_language_server.providers.hosts.allowed_hosts import check_store_allowed
from fim_language_server.providers.hosts.endpoints import host_of, is_loopback
from fim_language_server.providers.targets import Target
from fim_language_server.settings import Settings
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.shared.budget_store import StoreError
from fim_language_server.spending.shared.crowd_file import CrowdFile
from fim_language_server.spending.shared.file_store import FileStore
from fim_language_server.spending.shared.lease_exchange import BudgetSharing
from fim_language_server.spending.shared.ledger import scope_of
from fim_language_server.spending.shared.valkey_store import RETRY_S, StoreAddress, ValkeyStore, team_scope

logger = logging.getLogger(__name__)

TeamKey = tuple[str, str, str, tuple[str, ...]]
"""Settings that decide which connection to a team's server is used."""


@define
class StorePassword:
    """The password of a team's server: from a variable, or printed by a program, which is asked once."""

    variable: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    _printed: str = field(default="", init=False, repr=False)

    async def read(self, is_refused: bool) -> str:
        """Return the password, "" where none is set. `is_refused`: the last one was. Raises StoreError."""
        if value := self.environ.get(self.variable, "").strip() if self.variable else "":
            return value
        if self.command and (is_refused or not self._printed):
            try:
                self._printed = (await run_key_command(self.command)).strip()
            except (TimeoutError, CommandFailedError, OSError, ValueError):
                # `from None`: a traceback must not carry the arguments, which may name secrets.
                sentence = "budget.storePasswordCommand failed; run it in a terminal to see why"
                raise StoreError(sentence, RETRY_S, is_lost=True) from None
        return self._printed


def store_of(settings: Settings, environ: Mapping[str, str], folder: str = "") -> ValkeyStore:
    """Return the store on the server that `budget.store` names. Nothing is connected yet.

    Where there is a `folder` of state, the number of machines is remembered there.
    """
    budget = settings.budget
    crowd = CrowdFile(Path(folder)) if folder else None
    password = StorePassword(budget.store_password_env, budget.store_password_command, environ)
    return ValkeyStore(StoreAddress(budget.store, settings.provider.ca_file), password.read, crowd)


@define
class Budgets:
    """The budget of each host, key and model; shared with other processes if there is a `_folder` or a store.

    Budgets outlive a change of settings, because the provider's minute does not begin anew.
    """

    _clock: Clock
    _call_later: CallLater
    _environ: Mapping[str, str] = field(repr=False)
    _folder: str = ""
    _known: dict[tuple[str, ...], RateBudget] = field(factory=dict)
    _here: BudgetSharing | None = field(default=None, init=False)
    _teams: dict[TeamKey, BudgetSharing] = field(factory=dict, init=False)
    _team: TeamKey | None = field(default=None, init=False)
    _forbidden: set[str] = field(factory=set, init=False)  # stores that the policy does not allow, as the log says

    def of(self, target: Target, settings: Settings) -> RateBudget:
        """Return the budget of a model; the user's limits override those of the registry, and of a store."""
        own, known = settings.budget, target.provider.limits
        requests, tokens = (
            settings.at_most("budget", name, getattr(own, name) or getattr(known, name))
            for name in ("requests_per_minute", "tokens_per_minute")
        )
        host, model, key = host_of(target.url), target.options.model, target.credentials
        is_team = self._may_use_store(settings) and (bool(requests or tokens) or not is_loopback(target.url))
        is_own = bool(own.requests_per_minute or own.tokens_per_minute)
        store = own.store if is_team else ""
        name = (host, key.source, model, str(requests), str(tokens), store)
        if name not in self._known:
            others_spend = is_team or (known.are_of_workspace and not is_own)
            self._known[name] = RateBudget(
                self._clock,
                requests,
                tokens,
                is_of_workspace=others_spend,
                shares_with_all=is_team,
                keeps_own_limits=is_own,
            )

        def scope(salt: bytes) -> bytes | None:
            fingerprint = key.fingerprint_nowait(salt)
            return None if fingerprint is None else scope_of(salt, host, fingerprint, model)

        budget = self._known[name]
        if is_team:
            # The limits of a workspace are those of all its keys.
            self._team_of(settings).share(budget, lambda _salt: team_scope(host, model))
        elif (sharing := self._sharing_here()) is not None:
            sharing.share(budget, scope)
        return budget

    async def leave_all_but(self, budgets: Collection[RateBudget]) -> None:
        """Stop sharing all budgets but `budgets`, those of the current settings."""
        if self._here is not None:
            await self._here.leave_all_but(budgets)
        for key, sharing in list(self._teams.items()):
            if key == self._team:
                await sharing.leave_all_but(budgets)
            else:
                del self._teams[key]
                await sharing.close()

    async def close(self) -> None:
        """Return the leases of this process."""
        for sharing in filter(None, (self._here, *self._teams.values())):
            await sharing.close()

    def _may_use_store(self, settings: Settings) -> bool:
        """Is a store set, and does the policy allow its host? If it does not, the log says so once."""
        store = settings.budget.store
        try:
            check_store_allowed(store, settings.provider.allowed)
        except SettingsError as error:
            if store not in self._forbidden:
                self._forbidden.add(store)
                logger.warning("budgets are not shared with the team: %s", error)
            return False
        return bool(store)

    def _sharing_here(self) -> BudgetSharing | None:
        if self._here is None and self._folder:
            self._here = BudgetSharing(FileStore(self._folder), self._call_later)
        return self._here

    def _team_of(self, settings: Settings) -> BudgetSharing:
        own = settings.budget
        self._team = own.store, settings.provider.ca_file, own.store_password_env, own.store_password_command
        if self._team not in self._teams:
            self._teams[self._team] = BudgetSharing(store_of(settings, self._environ, self._folder), self._call_later)
        return self._teams[self._team]
