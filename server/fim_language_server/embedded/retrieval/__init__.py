"""The choice of pieces of the whole workspace that are worth showing to a model behind an API.

It asks the question of `core.other_files` of the embedded model's index, which holds every place of every word: the
places are a run of its sorted contexts. The text of the pieces is read from the files, as they are now.

    word_places   the places of a word in a segment, and the facts about the segment's files
    index_cells   the windows of the index that share words with the query, best first
    source_lines  the lines of a file that may be shown at this moment
    chooser       the choice itself
"""
