"""Functions of the C API for capsules.

They take addresses, because a capsule that is being deallocated must not be counted.
"""

import ctypes

ADDRESS = ctypes.c_void_p


def _function(name, result, *arguments):
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


# The name is not copied: whoever gives it keeps it.
new = _function("PyCapsule_New", ctypes.py_object, ADDRESS, ADDRESS, ADDRESS)
pointer = _function("PyCapsule_GetPointer", ADDRESS, ADDRESS, ctypes.c_char_p)
name_of = _function("PyCapsule_GetName", ctypes.c_char_p, ADDRESS)
set_name = _function("PyCapsule_SetName", ctypes.c_int, ADDRESS, ADDRESS)

_names = {}


def kept(name):
    """The address of a name that lives on."""
    return ctypes.addressof(_names.setdefault(name, ctypes.create_string_buffer(name)))
