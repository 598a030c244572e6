"""Recording a session as its user saw it (docs/recordings.md). The format is `core.recordings`.

`recorder` observes on the event loop and only takes notes; `writing` makes records of the notes in a thread, with
secrets masked by `traced_document`, and `file` keeps them.
"""
