"""What the server knows of the editor and tells it: capabilities, settings, status, messages, progress."""
