"""Requests, prompts, suggestions and secrets: pure functions over frozen values, without I/O, clock or log.

No I/O, no clock, no logging, no LSP. Text is `str`, positions are lines and code points.
"""
