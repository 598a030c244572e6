"""Files that outlive the process, shared by the editors of one user on one machine. Completing works without them.

`usage` keeps what each request cost; `sharing` lets several processes spend one budget. Both are SQLite files in the
user's state folder (`folder`, `database`), written off the event loop. **Invariant:** a folder that cannot be used
costs the keeping and the sharing, and one line in the log. No text and no key ever enters a file.
"""
