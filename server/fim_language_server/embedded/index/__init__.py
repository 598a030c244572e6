"""The index: sorted contexts over segments of files, changes laid over it, and its file on disk."""
