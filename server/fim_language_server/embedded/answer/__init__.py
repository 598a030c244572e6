"""The answer made of ranked candidates: display thresholds, whole blocks, names, and the memory of the line."""
