"""Replies: RESP in bytes as trees, for a comparison that knows what is free.

A tree is `(mark, content)`: `("$", b"text")`, `("*", (tree, ...))`, `(":", 5)`, `("+", b"OK")`, `("_", None)`.
"""

from typing import Any, Final

Tree = tuple[str, Any]
_LINES: Final = "+-,#("
_TREES: Final = "*~>"


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def _line(self) -> bytes:
        end = self.data.index(b"\r\n", self.at)
        line = self.data[self.at : end]
        self.at = end + 2
        return line

    def tree(self) -> Tree:
        line = self._line()
        mark, rest = chr(line[0]), line[1:]
        if mark in _LINES:
            return mark, rest
        if mark == "_":
            return "_", None
        number = int(rest)
        if mark == ":":
            return mark, number
        if number < 0:
            return "_", mark
        if mark in "$=":
            content = self.data[self.at : self.at + number]
            self.at += number + 2
            return mark, content
        return mark, tuple(self.tree() for _ in range(number * 2 if mark == "%" else number))


def read(data: bytes) -> list[Tree]:
    """All replies in some bytes."""
    reader, found = _Reader(data), []
    while reader.at < len(data):
        found.append(reader.tree())
    return found


def leaves(tree: Tree) -> list[Tree]:
    """Everything in a tree that holds nothing, from left to right."""
    if tree[0] in _TREES or tree[0] == "%":
        return [leaf for inner in tree[1] for leaf in leaves(inner)]
    return [tree]
