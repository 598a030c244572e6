"""One budget for several processes: a ledger in SQLite, and the exchange of leases with it."""
