"""WHEN to ask, and whom to answer from: all mutable state of completing, on one event loop, without locks.

State changes in plain `def`s, between awaits. It knows neither LSP nor HTTP: models are an async generator to it.
"""
