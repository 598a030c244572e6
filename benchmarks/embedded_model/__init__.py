"""Measurements of the embedded model's quality, on repositories that its weights were not fitted to."""
