"""The client as the server sees it: its features and settings, and the status, messages and progress sent to it."""
