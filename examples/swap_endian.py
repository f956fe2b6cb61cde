"""Reads a file of numbers in another machine's byte order, and writes it in this one's.

ctypes says which order the bytes are in; the view reads and stores the numbers accordingly, and
copy() converts all of them at once.
"""

import array
import ctypes
import struct
import sys

from consumer import consume


def main() -> None:
    # As a network protocol, a Java program or a big-endian machine would write them.
    message = bytearray(struct.pack(">4i", 1, -2, 300_000, 2**31 - 1))
    print("bytes  ", message.hex(" ", 4))

    big_endian = (ctypes.c_int32.__ctype_be__ * 4).from_buffer(message)
    view = consume(big_endian)
    print("numbers", view, "of format", view.format)

    # Stored in the order that the bytes are in.
    view[0] = 258
    print("bytes  ", message.hex(" ", 4))

    native = view.copy()
    print("equal  ", native == view, "with format", native.format)
    assert native.tobytes() == array.array("i", view).tobytes()
    if sys.byteorder == "little":
        print("native ", native.tobytes().hex(" ", 4))


if __name__ == "__main__":
    main()
