"""The composition root: from settings to an engine with its models."""
