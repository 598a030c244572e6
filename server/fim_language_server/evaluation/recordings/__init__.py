"""Recordings of sessions (`serve --record`), as files: read, followed, replayed and compared.

docs/recordings.md describes them.

A recording is a text file with one JSON object in each line. The first has `format`, `version` and the programs'
versions; each other one has `kind` and `ms`, the time in ms since the recording began. Lines count from zero, columns
count code points. The records that tell the documents' texts:

    {"kind": "opened", "ms": 3.1, "document": 1, "path": "src/a.py", "language": "python", "version": 1, "text": "…"}
    {"kind": "changed", "ms": 812.4, "document": 1, "version": 2, "edits": [[line, column, endLine, endColumn, "…"]]}
    {"kind": "request", "ms": 812.6, "request": 7, "method": "textDocument/inlineCompletion", "document": 1, …}
    {"kind": "closed", "ms": 90000.0, "document": 1}

Each edit of a record applies to the text after the one before it. Secrets have placeholders of the same length. Where
texts were not kept, each is `{"length": 12, "lineEnds": 0}`.

`read_recording` returns all records of a file. `moments` follows the texts: it yields, for each edit and each request,
the time, the document, the edits with offsets, the cursor and the text after them.
"""
