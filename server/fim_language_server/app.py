"""Composition root: settings -> engine, and nothing else. (Being built; see the signatures below.)"""
