"""Objects that export no buffer but have `__dlpack__`: tensors, from producers good and bad."""

import ctypes
import gc
import random
import struct
import sys
import weakref

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tensors import Producer, Unversioned, Versioned, name_of

# What struct reads elements of a code and a size as.
LETTERS = {
    **{(0, 8 * struct.calcsize(letter)): letter for letter in "bhiq"},
    **{(1, 8 * struct.calcsize(letter)): letter for letter in "BHIQ"},
    **{(2, 8 * struct.calcsize(letter)): letter for letter in "efd"},
    **{(5, 16 * struct.calcsize(letter)): 2 * letter for letter in "efd"},
    (6, 8): "?",
}
# Types that struct has no letter for.
NARROW = {(4, 16): "2x:bfloat16:", (10, 8): "1x:float8_e4m3fn:", (12, 8): "1x:float8_e5m2:"}
INT = (0, 32, 1)


def memory_of(format_, *numbers):
    data = struct.pack(f"{len(numbers)}{format_}", *numbers)
    return (ctypes.c_ubyte * len(data)).from_buffer_copy(data)


def six(**told):
    return Producer(memory_of("i", *range(6)), told.pop("shape", (6,)), INT, **told)


def test_a_tensor_is_shared_and_given_back_once():
    tensor = six(shape=(2, 3))
    view = consumer.consume(tensor)
    assert view.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (view.format, view.shape, view.readonly) == ("i", (2, 3), False)
    assert view.obj is tensor
    view[1, 2] = 50
    assert struct.unpack_from("i", tensor.memory, 20) == (50,)
    assert consumer.consume(view).obj is tensor
    part = view[0]
    view.release()
    assert tensor.deleted == 0
    assert part.tolist() == [0, 1, 2]
    del part
    assert tensor.deleted == 1
    gc.collect()
    assert tensor.deleted == 1


def test_a_view_that_dies_gives_the_tensor_back():
    tensor = six()
    consumer.consume(tensor)
    assert tensor.deleted == 1
    with consumer.consume(tensor) as view:
        assert sum(view) == 15
    assert tensor.deleted == 2


@pytest.mark.parametrize("knows", [("max_version", "copy"), ("max_version",), ()])
def test_signatures_of_all_times(knows):
    tensor = six(knows=knows)
    assert consumer.consume(tensor).tolist() == list(range(6))
    asked = {"max_version": (1, 3), "copy": False}
    assert tensor.calls[-1] == {name: asked[name] for name in knows}


@pytest.mark.parametrize(
    ("kind", "flags", "readonly"),
    [
        (Versioned, 0, False),
        (Versioned, 1, True),
        (Versioned, 8 + 1, True),
        (Versioned, 4, False),
        (Unversioned, 0, True),
    ],
)
def test_whether_it_can_be_written_to(kind, flags, readonly):
    view = consumer.consume(six(kind=kind, flags=flags))
    assert view.readonly is readonly
    if readonly:
        with pytest.raises(TypeError, match="read-only"):
            view[0] = 1


REFUSED = {
    "another device": ({"device": (2, 1)}, r"device \(2, 1\) \(CUDA\).*x\.cpu\(\)"),
    "a device that only the tensor tells": (
        {"device": (10, 0), "said_device": (1, 0)},
        r"device \(10, 0\) \(ROCm\)",
    ),
    "a copy": ({"flags": 2}, "made a copy"),
    "a later version": ({"version": (2, 0)}, r"DLPack 2\.0, and only 1\.x"),
    "another capsule": ({"name": b"arrow_array"}, "no tensor, or one that was consumed"),
    "a used capsule": (
        {"name": b"used_dltensor_versioned"},
        "no tensor, or one that was consumed",
    ),
    "no address": ({"address": None}, "24 bytes at address 0"),
    "no shape": ({"no_shape": True}, "1 dimensions and no shape"),
    "less than no dimensions": ({"ndim": -1}, "-1 dimensions"),
    "a negative length": ({"shape": (-1,)}, r"shape is \[-1\]"),
    "more than memory": ({"shape": (2**62, 4)}, "further than memory"),
    "steps beyond memory": (
        {"shape": (2,), "strides": (2**62,)},
        r"its strides are|further than memory",
    ),
    "an offset beyond memory": ({"byte_offset": 2**64 - 1}, "bytes from its start"),
}


@pytest.mark.parametrize(("told", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_shared_is_named_and_given_back(told, text):
    tensor = six(**told)
    with pytest.raises((BufferError, ValueError), match=text):
        consumer.consume(tensor)
    assert tensor.deleted == (0 if told.get("name") else 1)


@pytest.mark.parametrize(("code", "format_"), NARROW.items())
def test_floats_that_buffers_have_no_code_for(code, format_):
    # 1.5 in each of them.
    memory = {(4, 16): b"\xc0\x3f", (10, 8): b"\x3c", (12, 8): b"\x3e"}[code]
    if sys.byteorder == "big":
        memory = memory[::-1]
    memory = (ctypes.c_ubyte * len(memory)).from_buffer_copy(memory)
    view = consumer.consume(Producer(memory, (1,), (*code, 1)))
    assert (view.format, view.tolist()) == (format_, [1.5])
    view[0] = -2.5
    assert view.astype("d").tolist() == [-2.5]


def test_too_many_dimensions():
    tensor = Producer(memory_of("i", 1), (1,) * 65, INT)
    with pytest.raises((BufferError, ValueError), match=r"65 dimensions|more than 64"):
        consumer.consume(tensor)
    assert tensor.deleted == 1
    assert consumer.consume(Producer(memory_of("i", 1), (1,) * 64, INT)).ndim == 64


@pytest.mark.parametrize("device", [(3, 0), (11, 2)])
def test_memory_of_the_host_that_devices_use_too(device):
    assert consumer.consume(six(device=device)).tolist() == list(range(6))


def test_a_tensor_without_a_deleter():
    assert consumer.consume(six(deleter=False)).tolist() == list(range(6))


def test_a_deleter_that_fails_is_reported_and_harms_nobody(monkeypatch):
    reported = []
    monkeypatch.setattr("sys.unraisablehook", reported.append)
    tensor = six()

    def fail(_managed):
        raise KeyError("in the deleter")

    tensor._deleter = type(tensor._deleter)(fail)
    tensor.managed.deleter = ctypes.cast(tensor._deleter, ctypes.c_void_p)

    def propagate():
        view = consumer.consume(tensor)
        assert view
        raise IndexError("mine")

    with pytest.raises(IndexError, match="mine"):
        propagate()
    gc.collect()
    assert [each.exc_type for each in reported] == [KeyError]


def test_the_capsule_is_renamed_before_the_tensor_is_used():
    kept = []

    class Keeper(Producer):
        def __dlpack__(self, **names):
            kept.append(super().__dlpack__(**names))
            return kept[-1]

    tensor = Keeper(memory_of("i", *range(6)), (6,), INT)
    view = consumer.consume(tensor)
    assert name_of(kept[0]) == b"used_dltensor_versioned"
    kept.clear()
    assert view.tolist() == list(range(6))


class Raising:
    def __init__(self, error, device=(1, 0)):
        self.error, self.device = error, device

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **_names):
        raise self.error


def test_errors_of_producers_are_told():
    mine = RuntimeError("requires grad")
    with pytest.raises(BufferError, match="RuntimeError: requires grad") as told:
        consumer.consume(Raising(mine))
    assert told.value.__cause__ is mine
    # They say nothing of the object.
    for error in (KeyboardInterrupt(), MemoryError(), SystemExit(), RecursionError()):
        with pytest.raises(type(error)):
            consumer.consume(Raising(error))


@pytest.mark.parametrize("returned", [None, 1, "capsule", b"dltensor", object()])
def test_what_is_no_capsule(returned):
    class Wrong(Raising):
        def __dlpack__(self, **_names):
            return returned

    with pytest.raises(BufferError, match="returned no capsule"):
        consumer.consume(Wrong(None))


@pytest.mark.parametrize("device", [None, 1, (1,), (1, 0, 0), ("cpu", 0), (2**40, 0), (1, 0)])
def test_an_error_is_not_lost_over_what_is_no_device(device):
    with pytest.raises(BufferError, match="ValueError: mine"):
        consumer.consume(Raising(ValueError("mine"), device))


def test_an_error_of_what_is_elsewhere_is_that_it_is():
    with pytest.raises(BufferError, match=r"device \(2, 0\) \(CUDA\)"):
        consumer.consume(Raising(ValueError("mine"), (2, 0)))


def test_a_producer_that_consumes_itself():
    class Again:
        def __dlpack__(self, **_names):
            return consumer.consume(self)

    with pytest.raises(RecursionError):
        consumer.consume(Again())


def test_classes_have_no_tensors():
    with pytest.raises(consumer.BufferProtocolError):
        consumer.consume(Producer)


def test_a_buffer_comes_first():
    class Both(bytearray):
        def __dlpack__(self, **_names):
            raise AssertionError("asked")

    assert consumer.consume(Both(b"ab")).tolist() == [97, 98]


def test_a_cycle_through_the_object_is_collected():
    class Holder(Producer):
        pass

    # Its deleter is a method of an object that is garbage by then; the struct is there until then.
    tensor = Holder(memory_of("i", *range(6)), (6,), INT, deleter=False)
    kept = tensor.managed
    tensor.view = consumer.consume(tensor)
    gone = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert gone() is None
    assert kept.flags == 0


def expected(data, shape, steps, start, letter, size):
    """The elements, read one by one."""
    if not shape:
        parts = struct.unpack_from(letter, data, start)
        return complex(*parts) if len(letter) == 2 else parts[0]
    return [
        expected(data, shape[1:], steps[1:], start + index * steps[0] * size, letter, size)
        for index in range(shape[0])
    ]


def compact(shape):
    steps, step = [], 1
    for length in reversed(shape):
        steps.insert(0, step)
        step *= length
    return steps


def nothing_is_nan(value):
    if isinstance(value, list):
        return [nothing_is_nan(part) for part in value]
    return repr(value)


@given(st.data())
def test_any_producer_is_read_right_or_refused_and_given_back(data):
    draw = data.draw
    code = draw(st.integers(0, 18) | st.sampled_from([0, 1, 2, 5, 6]))
    bits = draw(st.sampled_from([1, 4, 8, 16, 32, 64, 128, 255, 0]))
    lanes = draw(st.sampled_from([1, 1, 1, 1, 0, 2, 4]))
    shape = draw(st.lists(st.integers(-1 if draw(st.integers(0, 9)) == 0 else 0, 3), max_size=3))
    steps = draw(st.none() | st.lists(st.integers(-6, 6), min_size=len(shape), max_size=len(shape)))
    offset = draw(st.integers(0, 32))
    middle = 2048
    memory = (ctypes.c_ubyte * 4096).from_buffer_copy(
        random.Random(draw(st.integers(0, 99))).randbytes(4096)
    )
    told = {
        "kind": draw(st.sampled_from([Versioned, Versioned, Unversioned])),
        "version": draw(st.sampled_from([(1, 0), (1, 3), (1, 9), (0, 5), (2, 0), (2**32 - 1, 0)])),
        "flags": draw(st.sampled_from([0, 1, 2, 4, 5, 2**63])),
        "device": draw(
            st.sampled_from([(1, 0), (1, 0), (1, 3), (2, 0), (3, 0), (11, 0), (-1, -1)])
        ),
        "name": draw(st.sampled_from([None] * 6 + [b"dltensor_old", b"used_dltensor", b""])),
        "deleter": draw(st.booleans()),
        "strides": steps,
        "byte_offset": offset,
        "address": ctypes.addressof(memory) + middle if draw(st.integers(0, 9)) else None,
        "knows": draw(st.sampled_from([("max_version", "copy"), ("max_version",), ()])),
    }
    tensor = Producer(memory, shape, (code, bits, lanes), **told)
    letter = {**LETTERS, **NARROW}.get((code, bits)) if lanes == 1 else None
    versioned = told["kind"] is Versioned
    is_empty = 0 in shape
    good = (
        letter is not None
        and min(shape, default=0) >= 0
        and told["device"][0] in (1, 3, 11)
        and told["name"] is None
        and (told["address"] is not None or is_empty)
        and (not versioned or (told["version"][0] == 1 and not told["flags"] & 2))
    )
    try:
        view = consumer.consume(tensor)
    except BufferError:
        assert not good
    else:
        assert good
        size = bits // 8
        assert view.shape == tuple(shape)
        assert view.readonly is (not versioned or bool(told["flags"] & 1))
        if letter in NARROW.values():
            assert view.format == letter
            letter = "H" if bits == 16 else "B"
            view = view.cast("B").cast(letter, view.shape) if view.c_contiguous else view[:0]
            shape = list(view.shape)
        found = expected(memory, shape, steps or compact(shape), middle + offset, letter, size)
        assert nothing_is_nan(view.tolist()) == nothing_is_nan(found)
        assert tensor.deleted == 0
        del view
    assert tensor.deleted == (told["deleter"] and told["name"] is None)
