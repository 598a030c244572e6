"""Models of next edits: how each is asked, and how its answer is read. `table.PROFILES` is the one table of them.

A profile is a frozen value with two pure functions: `phrase` makes a prompt of a question, `read` makes edits of an
answer. `wires` has the two APIs that they are sent over, by the transport of all providers.
"""
