"""The matrix of real exporters: one row for each kind, as data."""

from matrix import (
    ctypes_types,
    numpy_arrays,
    packages_of_bytes,
    packages_of_images,
    packages_of_numbers,
    standard,
)

ROWS = [
    *standard.ROWS,
    *ctypes_types.ROWS,
    *numpy_arrays.ROWS,
    *packages_of_bytes.ROWS,
    *packages_of_numbers.ROWS,
    *packages_of_images.ROWS,
]
