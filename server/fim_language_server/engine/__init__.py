"""The engine decides when a model is requested and which source answers; it owns all mutable state of completing.

State lives on one event loop and changes in plain functions between awaits, so there are no locks. The engine knows
neither LSP nor HTTP: a model is an async generator.
"""
