"""The embedded model: ghost text with no key and no network, copied from the open document and its workspace.

`indexer.WorkspaceIndex` holds the indexed workspace and lives as long as the server; `model.EmbeddedModel` answers
requests from it and is called like a provider's stream. Import them from their modules: they bring numpy, which is
imported only after the initialize reply.

    text        text as tokens, tokens as numbers, and numbers without names
    sources     the files that are indexed, and their text
    index       segments of files whose contexts are searched; the corpus; changes laid over it; the file on disk
    indexer     the worker process that makes the index, and the index that follows the workspace's changes
    search      the cursor's context, and retrieval of places with a similar one
    retrieval   pieces of the workspace's files for a model behind an API
    candidates  the texts that those places suggest, and the features of each
    ranking     the probability of each candidate, by fitted weights
    answer      the text that is shown: thresholds, names, blocks, and what was shown on the line before
"""
