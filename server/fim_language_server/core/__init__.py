"""What a completion is, and which may be shown: pure functions over frozen values.

No I/O, no clock, no logging, no LSP. Text is `str`, positions are lines and code points.
"""
