"""Types that say what is not so: names, attributes and classes that were set by others."""

import ctypes
import struct
import sys
import textwrap
import types

import consumer
import pytest

from support.ctypes_values import SWAPPED_TYPE, packing, refused, structure
from support.exporters import Exporter
from support.programs import run_python

WORD = ctypes.sizeof(ctypes.c_void_p)
SWAPPED_INT = getattr(ctypes.c_int32, SWAPPED_TYPE)


@pytest.mark.parametrize("name", ["_ctypes.Structure", "_ctypes.Array", "numpy.ndarray"])
def test_a_name_makes_no_class_one_of_another_module(name):
    module, _, name = name.partition(".")
    kind = type(name, (Exporter,), {"__module__": module, "_fields_": [("o", ctypes.py_object)]})
    view = consumer.consume(kind(b"abcdefgh", b"T{4s:a:4s:b:}", 8))
    assert view.tolist() == [(b"abcd", b"efgh")]


def test_a_type_in_the_place_of_another_of_its_name():
    for made, claimed in [
        (ctypes.c_uint32, ctypes.c_int32),
        (ctypes.c_int32, SWAPPED_INT),
        (ctypes.c_float, ctypes.c_int32),
        (ctypes.c_void_p, ctypes.py_object),
        (ctypes.c_size_t, ctypes.py_object),
        (ctypes.c_char_p, ctypes.py_object),
    ]:
        for rest in ({}, packing(1)):
            honest, kind = (structure(("n", made), ("m", ctypes.c_uint8), **rest) for _ in range(2))
            assert consumer.consume(honest())["m"][()] == 0
            lie = claimed if claimed is SWAPPED_INT else type(made.__name__, (claimed,), {})
            kind._fields_[0] = ("n", lie)
            instance = kind.from_buffer_copy(b"\x81" * ctypes.sizeof(kind))
            refused(instance, "but ctypes has made it")
            refused((kind * 2)(), "but ctypes has made it")


def test_records_in_the_place_of_others_of_their_name():
    objects = structure(("o", ctypes.py_object), name="Inner")
    base = structure(("n", ctypes.c_size_t))
    hidden = structure(base=base, name="Inner")
    for inner in (structure(("n", ctypes.c_size_t), name="Inner"), hidden):
        kind = structure(("inner", inner))
        kind._fields_[0] = ("inner", objects)
        refused(kind.from_buffer_copy(b"\x81" * WORD), "but ctypes has made it")
        array = type("A", (inner * 2,), {})
        holder = structure(("inner", array))
        array._type_ = objects
        refused(array.from_buffer_copy(b"\x81" * 2 * WORD), "it is no array of")
        refused(holder.from_buffer_copy(b"\x81" * 2 * WORD), "it is no array of")


def test_the_place_of_a_field_is_not_that_of_another():
    kind = structure(("a", ctypes.c_int16), ("b", ctypes.c_int16), ("c", ctypes.c_int16))
    for name, other in [("a", "b"), ("b", "c"), ("c", "a")]:
        lying = structure(*kind._fields_)
        setattr(lying, name, kind.__dict__[other])
        refused(lying(1, 2, 3), f'field "{name}" cannot be at offset|its descriptor was replaced')
    union = structure(("a", ctypes.c_int16), ("b", ctypes.c_int16), base=ctypes.Union)
    union.b = kind.b
    refused(union(1), 'field "b" ends beyond its end')


def test_bits_are_those_of_the_descriptor():
    kind = structure(("a", ctypes.c_uint16, 3), ("b", ctypes.c_uint16, 13))
    kind._fields_[1] = ("b", type("c_ushort", (ctypes.c_int16,), {}), 13)
    refused(kind(1, 5000), "but ctypes has made it")


def test_bits_are_as_many_as_the_entry_says_and_in_a_place_of_their_own():
    kind = structure(
        ("a", ctypes.c_int32, 18), ("b", ctypes.c_int64, 12), ("c", ctypes.c_int64, 12)
    )
    for name, other, why in [
        ("a", "b", "but ctypes has made it|its descriptor was replaced"),
        ("b", "a", "but ctypes has made it|its descriptor was replaced"),
        ("b", "c", "cannot be at offset|its descriptor was replaced"),
    ]:
        lying = structure(*kind._fields_)
        setattr(lying, name, kind.__dict__[other])
        refused(lying(1, 2, 3), why)
    kind._fields_[2] = ("c", ctypes.c_int64, 13)
    refused(kind(1, 2, 3), "but ctypes has made it")


def test_a_field_after_bits_is_not_where_another_is():
    kind = structure(("a", ctypes.c_int8, 3), ("b", ctypes.c_int16), ("c", ctypes.c_int16))
    kind.c = kind.b
    refused(kind(1, 2, 3), 'field "c" cannot be at offset|its descriptor was replaced')


def test_bits_are_not_in_front_of_the_field_before_them():
    kind = structure(("a", ctypes.c_uint8), ("b", ctypes.c_int16, 9))
    other = structure(("x", ctypes.c_uint8 * 4), ("a", ctypes.c_uint8))
    kind.a = other.a
    refused(kind(1, 2), 'ends beyond its end|field "b" cannot be at|its descriptor was replaced')


def test_a_descriptor_is_no_object_of_that_name():
    cfield = type("CField", (), {"__module__": "_ctypes", "offset": 0, "size": WORD})
    kind = structure(("a", ctypes.c_void_p))
    kind.a = cfield()
    refused(kind(1), "its descriptor was replaced")


def test_metaclasses_hide_nothing():
    class Meta(type(ctypes.Structure)):
        def mro(cls):
            return [cls, *super().mro()[1:]]

        def __getattribute__(cls, name):
            return [] if name in {"_fields_", "__dict__"} else super().__getattribute__(name)

    base = structure(("a", ctypes.c_int32))
    kind = Meta("K", (base,), {"_fields_": [("b", ctypes.c_int32)]})
    assert consumer.consume(kind.from_buffer_copy(struct.pack("2i", 3, 4)))[()] == (3, 4)


def test_finalisers_do_not_run_for_objects_that_nobody_made():
    calls = []
    inner = type(ctypes.Structure)(
        "Inner",
        (ctypes.Structure,),
        {"_fields_": [("n", ctypes.c_int)], "__del__": lambda self: calls.append(self.n)},
    )
    kind = structure(("inner", inner), ("two", inner * 2))
    assert consumer.consume(kind())[()] == ((0,), [(0,), (0,)])
    assert consumer.consume((kind * 2)()).tolist() == [((0,), [(0,), (0,)])] * 2
    assert calls == []


def test_a_larger_class_has_no_more_memory():
    small = structure(("n", ctypes.c_int32))
    for before, after in [
        (ctypes.c_int32 * 4, ctypes.c_int32 * 4000),
        (small * 4, small * 4000),
        (ctypes.c_int32 * 2 * 2, ctypes.c_int32 * 2 * 4000),
        (small * 4, structure(("n", ctypes.c_int32 * 999), base=ctypes.Union) * 4),
        (small, structure(("n", ctypes.c_int32 * 999))),
    ]:
        instance = before()
        instance.__class__ = after
        for exporter in (instance, memoryview(instance)):
            with pytest.raises(BufferError, match="contradicts itself"):
                consumer.consume(exporter)


def test_objects_are_read_where_ctypes_confirms_them():
    base = structure(("n", ctypes.c_uint8))
    kind = structure(("o", ctypes.py_object), ("p", ctypes.py_object * 2), base=base)
    # What is packed has no format before Python 3.12 that would tell of objects.
    how = packing(1) if sys.version_info >= (3, 12) else {}
    packed = structure(("n", ctypes.c_uint8), ("k", kind), **how)
    whole = structure(("k", kind * 2), ("q", packed))
    thing = ("a", "thing")
    instance = whole()
    instance.k[1].o = instance.q.k.p[1] = thing
    for exporter in (instance, memoryview(instance), memoryview(consumer.consume(instance))):
        (first, second), (_, third) = consumer.consume(exporter)[()]
        assert first == (0, None, [None, None])
        assert second[1] is thing
        assert third[2][1] is thing


@pytest.mark.parametrize("module", ["None", "types.ModuleType('_ctypes')", "fake"])
def test_a_module_in_the_place_of_ctypes_is_not_asked(module):
    code = (
        "import ctypes, sys, types, consumer\n"
        "fake = types.ModuleType('_ctypes')\n"
        "fake.buffer_info = fake.sizeof = fake.alignment = fake.resize = lambda *_: ('<O', 0, ())\n"
        "fake.Structure = bytearray\n"
        "class S(ctypes.Structure): _fields_ = [('a', ctypes.c_uint8), ('b', ctypes.c_int)]\n"
        f"real, sys.modules['_ctypes'] = sys.modules['_ctypes'], {module}\n"
        "try: consumer.consume(S(1, 2))[()]\n"
        "except NotImplementedError: pass\n"
        "else: assert False\n"
        "sys.modules['_ctypes'] = real\n"
        "assert consumer.consume(S(1, 2))[()] == (1, 2)\n"
    )
    run_python("-c", code)


def test_arrays_of_numpy_whose_class_overrides_their_dtype():
    np = pytest.importorskip("numpy")

    class Overridden(np.ndarray):
        dtype = property(lambda _self: np.dtype([("o", object)]))
        __array_interface__ = types.MappingProxyType({})

    array = np.array([(1, 2), (3, 4)], "u1,i4").view(Overridden)
    assert consumer.consume(array).tolist() == [(1, 2), (3, 4)]
    assert "numpy" in sys.modules


def test_types_made_of_themselves_are_read_to_an_end():
    program = """
        import ctypes
        import consumer

        def structure(fields):
            return type("Kind", (ctypes.Structure,), {"_fields_": fields})

        empty = structure([])
        fields = [("a", empty), ("b", empty)]
        kind = structure(fields)
        instance = structure([("kind", kind), ("number", ctypes.c_int32)])()
        fields[:] = [("a", kind), ("b", kind)]
        view = consumer.consume(instance)
        try:
            view[()]
        except NotImplementedError:
            pass
        else:
            raise AssertionError
    """
    run_python("-c", textwrap.dedent(program), timeout=120)
