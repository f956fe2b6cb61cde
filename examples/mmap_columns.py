"""Reads some columns of a large table in a file, without loading the file.

The table has rows of doubles, one after the other. Only the parts of the file that the columns'
elements lie in are ever read, and no element is copied before it is asked for.
"""

import array
import mmap
import tempfile
from pathlib import Path

from consumer import consume

COLUMNS = ("time", "temperature", "pressure")


def write_table(path: Path, rows: int) -> None:
    with path.open("wb") as file:
        for row in range(rows):
            array.array("d", [row / 10, 20 + row % 7, 1000 - row % 11]).tofile(file)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "table.bin")
        write_table(path, rows=1000)
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            doubles = consume(memoryview(mapped).cast("d"))
            table = doubles.reshape(-1, len(COLUMNS))
            for place, name in enumerate(COLUMNS):
                column = table[:, place]
                low, high = min(column), max(column)
                print(f"{name:12} {len(column)} values from {low} to {high}")
                column.release()

            # The last row, and a correction that goes straight into the file.
            print("last row", table[-1, ...])
            table[-1, 1] = 99.0

            # A file cannot be unmapped while views look at it.
            table.release()
            doubles.release()
        last_row = path.read_bytes()[-8 * len(COLUMNS) :]
        print("corrected", array.array("d", last_row).tolist())


if __name__ == "__main__":
    main()
