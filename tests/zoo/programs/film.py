"""The smallest film that can be played: MP4 with one track of silence, written box by box."""

import struct

RATE = 8000


def box(kind, *contents):
    """A box of MP4: its length, its kind, and what is in it."""
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def film(seconds):
    """An MP4 file of so many seconds; its index stands before its samples, as in a file that is made for the web."""
    count = seconds * RATE
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    sound = struct.pack(">I4s6xHII2H2HI", 36, b"sowt", 1, 0, 0, 1, 16, 0, 0, RATE << 16)

    def table(offset):
        return box(
            "stbl",
            box("stsd", struct.pack(">II", 0, 1), sound),
            box("stts", struct.pack(">IIII", 0, 1, count, 1)),
            box("stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
            box("stsz", struct.pack(">III", 0, 2, count)),
            box("stco", struct.pack(">III", 0, 1, offset)),
        )

    def index(offset):
        media = box(
            "mdia",
            box("mdhd", struct.pack(">IIIIIHH", 0, 0, 0, RATE, count, 0x55C4, 0)),
            box("hdlr", struct.pack(">II4s12x", 0, 0, b"soun"), b"sound\0"),
            box(
                "minf",
                box("smhd", bytes(8)),
                box("dinf", box("dref", struct.pack(">II", 0, 1), box("url ", struct.pack(">I", 1)))),
                table(offset),
            ),
        )
        head = struct.pack(">IIIIII8xHHHH", 3, 0, 0, 1, 0, 1000 * seconds, 0, 0, 0x100, 0)
        track = box("trak", box("tkhd", head, matrix, bytes(8)), media)
        movie = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 1000 * seconds, 0x10000, 0x100)
        return box("moov", box("mvhd", movie, matrix, bytes(24), struct.pack(">I", 2)), track)

    start = box("ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    return start + index(len(start) + len(index(0)) + 8) + box("mdat", bytes(2 * count))
