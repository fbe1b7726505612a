"""LCS: the longest common subsequence of two texts."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Map, Refusal, Reply

CELLS_MAX = 16_000_000
"""The table of lengths grows with the product of both texts; Redis stops at its memory's limits."""

Match = tuple[tuple[int, int], tuple[int, int], int]


@command("LCS")
def lcs(call: Call, args: list[bytes]) -> Reply:
    texts: list[bytes] = []
    for value in [call.db.read(key) for key in args[1:3]]:
        if value is not None and not isinstance(value, bytes | bytearray):
            raise Refusal("ERR The specified keys must contain string values")
        texts.append(bytes(value or b""))
    length_only, ranges, least, with_length = _options(args[3:])
    if length_only and ranges:
        raise Refusal("ERR If you want both the length and indexes, please just use IDX.")
    one, two = texts
    if (len(one) + 1) * (len(two) + 1) > CELLS_MAX:
        raise Refusal("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
    table = _lengths(one, two)
    total = table[len(one)][len(two)]
    if length_only:
        return total
    common, matches = _trace(one, two, table)
    if not ranges:
        return common
    shown = [
        [list(first), list(second), *([size] if with_length else [])]
        for first, second, size in matches
        if not least or size >= least
    ]
    return Map([(b"matches", shown), (b"len", total)])


def _options(words: list[bytes]) -> tuple[bool, bool, int, bool]:
    length_only = ranges = with_length = False
    least = 0
    rest = iter(words)
    for word in rest:
        option = word.upper()
        if option == b"IDX":
            ranges = True
        elif option == b"LEN":
            length_only = True
        elif option == b"WITHMATCHLEN":
            with_length = True
        elif option == b"MINMATCHLEN" and (raw := next(rest, None)) is not None:
            least = max(integer(raw), 0)
        else:
            raise Refusal(SYNTAX)
    return length_only, ranges, least, with_length


def _lengths(one: bytes, two: bytes) -> list[list[int]]:
    """For all beginnings of both texts, how long their common subsequence is."""
    table = [[0] * (len(two) + 1)]
    for left in one:
        above, row, last = table[-1], [0], 0
        for at, right in enumerate(two):
            last = above[at] + 1 if left == right else max(above[at + 1], last)
            row.append(last)
        table.append(row)
    return table


def _trace(one: bytes, two: bytes, table: list[list[int]]) -> tuple[bytes, list[Match]]:
    """The common text, and where its pieces stand in both, the last piece first."""
    common = bytearray()
    matches: list[Match] = []
    piece: list[int] = []  # first and last place in one, first and last place in two
    i, j = len(one), len(two)
    while i and j:
        if one[i - 1] == two[j - 1]:
            i, j = i - 1, j - 1
            common.append(one[i])
            if piece and piece[0] == i + 1 and piece[2] == j + 1:
                piece[0], piece[2] = i, j
            else:
                if piece:
                    matches.append(_match(piece))
                piece = [i, i, j, j]
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
    if piece:
        matches.append(_match(piece))
    common.reverse()
    return bytes(common), matches


def _match(piece: list[int]) -> Match:
    return (piece[0], piece[1]), (piece[2], piece[3]), piece[1] - piece[0] + 1
