"""Watching the company's policy and the user's settings file: both are looked at now and then, and read when changed.

A look asks the system for the state of two files and their folders, in a thread; no library that watches folders is
worth its threads for that, and one that needs the folder to exist would miss a policy that comes later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fim_language_server.app.company_files import CompanySettings, files_state

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""Seconds between two looks."""
SETTLES_S = 0.5
"""Seconds for which a file has to stay as it is before it is read: it may be half written."""
MOST_WAITS = 20
"""Waits for a file to settle; one that is written without end is read all the same."""


async def wait_for_change(company: CompanySettings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Wait until one of the files is another one than `company` was read from, and has settled."""
    found = company.state
    while found == company.state:
        await sleep(LOOK_EVERY_S)
        found = await asyncio.to_thread(files_state, company.files)
    for _ in range(MOST_WAITS):
        await sleep(SETTLES_S)
        before, found = found, await asyncio.to_thread(files_state, company.files)
        if found == before:
            break
    logger.info("the company's policy or your own settings file has changed, and is read again")
