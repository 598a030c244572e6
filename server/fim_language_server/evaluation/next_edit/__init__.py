"""Next edits measured: sessions of editing are played again, and each offered edit is compared with what was done then.

sessions       what a person edited, step by step; git_sessions: made of commits; recordings: read from files
open_offers    offered edits, followed through later edits until they are made
replay         a session played, asking after each step
figures        reach, precision, wrong offers and quiet rate, with intervals; report: the same in words
measuring      what `eval --next-edit` and the benchmark share
"""
