"""The index: segments of files with sorted contexts, the changes laid over it, and its file on disk."""
