"""The place for what outlives the process and is shared by several: nothing yet.

A budget that several editors share and local statistics belong here; the index that is kept between sessions is
`embedded.keeping`'s.
"""
