"""The embedded model: ghost text with no key and no network, copied from the open document and its workspace.

`WorkspaceIndex` (`workspace`) knows the workspace and lives as long as the server; `EmbeddedModel` (`model`) answers
requests from it, with the face of a provider's stream. Import them from their modules: they bring numpy, which is
imported only after the initialize reply.

    lexer, vocabulary, abstraction   text into tokens, tokens into numbers, numbers without names
    contexts, segment, corpus        suffix arrays; files that are searched by them; the workspace as one value
    cursor, candidates, renaming     what is at the cursor; what could follow, and under which names
    reading, surroundings, voting    what places that resemble the cursor's say, and how alike they are
    preselection, known_words        which of them are judged; what the document knows of their words
    features, neighbours             what speaks for each, as numbers
    ranking, model                   how likely each is; what is said
    worth, line_memory               how likely a text of some length must be; what was typed past, or into
    finishing, blocks                the name at the cursor, where no line is likely; the block below a likely line
    sources, scanner                 which files are indexed, and what they say
    ignoring, gitignore, git_config  which of them git ignores, and by what
    wildmatch, glob                  patterns with wildcards: reading them, and comparing names with them
    indexing, worker, workspace      making the index in a process of its own; keeping it current
"""
