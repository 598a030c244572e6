"""The composition root: it makes an engine with its models from the settings."""
