"""The next edit without a model: what the user just did, done again where it fits.

source_text        a document's lines, its code without comments and strings, places of a word
substitutions      what edits changed, token by token; history_lines: the edits of the past as changed lines
declarations       whether a name is declared where it stands; scopes: how far it reaches
half_typed         whether a new name is typed to its end
rename             a name that was changed where it is declared
replaced_name      a name that was replaced in several places, wherever it is declared
same_substitution  the same change of tokens made twice, on lines of the same shape
added_argument     an argument added to two calls of one function
finding            the rules one after the other, and the order of their edits
"""

from __future__ import annotations

from fim_language_server.core.next_edit.repeats.finding import find_repeat

__all__ = ["find_repeat"]
