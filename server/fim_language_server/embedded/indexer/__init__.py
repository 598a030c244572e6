"""Making the index in a worker process, and keeping it in step with the workspace."""
