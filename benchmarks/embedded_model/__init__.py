"""How good the embedded model is, on repositories that its weights were not fitted to."""
