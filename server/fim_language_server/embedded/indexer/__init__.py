"""Making the index in a process of its own, and keeping it in step with the workspace."""
