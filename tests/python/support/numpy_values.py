"""The values in arrays of NumPy, read element by element and field by field.

They differ from those of `tolist` where its items are not plain Python values: a byte string keeps
its NULs, long doubles are rounded to floats, and sub-arrays are lists.
"""


def plain(value, dtype):
    """One element of an array as what it is in plain Python."""
    if dtype.subdtype is not None:
        return values(value)
    if dtype.names is not None:
        return tuple(plain(value[name], dtype[name]) for name in dtype.names)
    if dtype.kind == "S":
        return bytes(value).ljust(dtype.itemsize, b"\0")
    convert = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "U": str, "V": bytes}
    return convert[dtype.kind](value) if dtype.kind in convert else value


def values(array):
    """The elements of an array, of a part of one, or of a scalar, as nested lists."""
    if array.ndim == 0:
        return plain(array[()], array.dtype)
    return [values(array[index, ...]) for index in range(len(array))]
