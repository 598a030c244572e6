"""Copied lines take the names of the place they are copied to."""

import pytest

from fim_language_server.embedded.search.renaming import learn_renaming


@pytest.mark.parametrize(
    ("source", "target", "line", "expected"),
    [
        ("width =", "height =", "self.width", "self.height"),
        ("def get_user", "def get_group", "user = User(USER)", "group = Group(GROUP)"),
        ("setWidth", "setHeight", "width: maxWidth", "height: maxHeight"),
        ("get_user", "get_blog_post", "UserForm(user_id, USERS)", "BlogPostForm(blog_post_id, USERS)"),
        ("FooTableRow", "FooCell", "tableRow, TABLE_ROW, table_row", "cell, CELL, cell"),
        ("getUser", "getBlogPost", "user.userName", "blogPost.blogPostName"),
        ("a b", "c b", "a", "c"),
        ("same", "same", "anything", "anything"),
        ("get_user", "fetch_all_groups", "user", "user"),
    ],
)
def test_names_and_their_parts_are_carried_over(source: str, target: str, line: str, expected: str) -> None:
    """Whole names, and the parts in which two names differ, in the case and with the underscores of each place."""
    from fim_language_server.embedded.text.lexer import split_tokens

    renaming = learn_renaming(split_tokens(source), split_tokens(target)[-len(split_tokens(source)) :])
    words, _ = renaming.apply(split_tokens(line))
    assert "".join(words) == expected


def test_the_pair_nearest_to_the_cursor_counts() -> None:
    """Where a name was paired twice, the later pair is the truth."""
    renaming = learn_renaming(["a", "a"], ["far", "near"])
    assert renaming.apply(["a", "b"]) == (("near", "b"), 1)
