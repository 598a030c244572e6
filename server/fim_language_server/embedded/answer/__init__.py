"""From ranked candidates to the text shown: thresholds, whole blocks, names, the line's memory."""
