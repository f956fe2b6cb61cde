"""Views as tensors of DLPack: what NumPy and a consumer in C take, and who keeps the memory."""

import array
import ctypes
import gc
import sys
import textwrap
import threading

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.programs import run_python
from support.tensors import Unversioned, Versioned, consume_capsule, delete, name_of

READ_ONLY, COPIED = 1, 2
CODES = {
    **dict.fromkeys("bhilqn", 0),
    **dict.fromkeys("BHILQN", 1),
    **dict.fromkeys("efd", 2),
    **dict.fromkeys(["Ze", "Zf", "Zd"], 5),
    "?": 6,
    "bfloat16": 4,
    "float8_e4m3fn": 10,
    "float8_e5m2": 12,
}
SWAPPED = ">" if sys.byteorder == "little" else "<"


def view_of(format_, count=3):
    view = consumer.consume(bytearray(64 * count)).cast(format_)
    return view[:count]


def taken(view, kind=Versioned, **names):
    """The managed tensor in the capsule of a view, which is deleted with `delete`."""
    if kind is Versioned:
        names.setdefault("max_version", (1, 0))
    return consume_capsule(view.__dlpack__(**names), kind)


@pytest.fixture
def np():
    return pytest.importorskip("numpy")


@pytest.mark.parametrize("format_", CODES)
def test_every_number_is_a_type_of_dlpack(format_):
    view = view_of(format_)
    tensor = taken(view).tensor
    assert (tensor.code, tensor.bits, tensor.lanes) == (CODES[format_], 8 * view.itemsize, 1)
    assert (tensor.device_kind, tensor.device_id, tensor.byte_offset) == (1, 0, 0)
    assert tensor.ndim == 1
    assert (tensor.shape[0], tensor.strides[0]) == (3, 1)


@pytest.mark.parametrize("format_", ["c", "P", "g", "Zg", "u", "w", "3s", "3x", "ii", "3p", "&i"])
def test_what_is_no_number_is_refused(format_):
    view = consumer.consume(Exporter(bytes(480), format_.encode(), itemsize_of(format_)))
    with pytest.raises(BufferError, match="__dlpack__"):
        view.__dlpack__(max_version=(1, 0))
    with pytest.raises(BufferError, match="__dlpack__"):
        view.__dlpack__(max_version=(1, 0), copy=True)
    view.release()


def itemsize_of(format_):
    sizes = {"g": ctypes.sizeof(ctypes.c_longdouble), "u": 2, "w": 4, "P": 8, "ii": 8, "&i": 8}
    sizes["Zg"] = 2 * sizes["g"]
    return sizes.get(format_, 3 if "3" in format_ else 1)


@given(
    st.lists(st.integers(0, 4), max_size=4),
    st.data(),
)
def test_numpy_has_the_same_elements_at_the_same_place(shape, data):
    np = pytest.importorskip("numpy")
    source = np.arange(np.prod(shape, dtype=int), dtype=data.draw(st.sampled_from("bHiqefdFD")))
    source = source.reshape(shape).transpose(data.draw(st.permutations(range(len(shape)))))
    step = st.builds(slice, st.none(), st.none(), st.sampled_from([1, 2, -1, -2]))
    source = source[(..., *(data.draw(step) for _ in shape))]
    view = consumer.consume(source)
    tensor = np.from_dlpack(view)
    assert tensor.dtype == source.dtype
    assert tensor.shape == source.shape
    assert np.array_equal(tensor, source)
    if source.size:
        assert tensor.ctypes.data == source.ctypes.data
        tensor[...] = 1
        assert source.min() == source.max() == 1


def test_read_only_memory_says_so(np):
    view = consumer.consume(b"abc")
    assert not np.from_dlpack(view).flags.writeable
    managed = taken(view)
    assert managed.flags == READ_ONLY
    delete(managed)
    with pytest.raises(BufferError, match=r"read-only.*max_version=\(1, 0\), or copy=True"):
        view.__dlpack__()
    writable = taken(consumer.consume(bytearray(3)))
    assert writable.flags == 0
    delete(writable)


def test_a_copy_is_writable_and_says_so():
    view = consumer.consume(array.array("i", [1, 2, 3]))[::-1]
    for source in (view, consumer.consume(view.tobytes()).cast("i")):
        managed = taken(source, copy=True)
        assert managed.flags == COPIED
        copy = (ctypes.c_int * 3).from_address(managed.tensor.data)
        assert list(copy) == [3, 2, 1]
        copy[0] = 9
        assert source.tolist() == [3, 2, 1]
        # It is the copy that is kept, not the view.
        source.release()
        delete(managed)
    unversioned = taken(consumer.consume(b"abc"), Unversioned, copy=True)
    assert ctypes.string_at(unversioned.tensor.data, 3) == b"abc"
    delete(unversioned)


def test_elements_of_the_other_byte_order_are_shared_by_nobody_and_copied(np):
    view = consumer.consume(np.array([1, 2, 3], SWAPPED + "i4"))
    with pytest.raises(BufferError, match="byte order is not this machine's; copy=True"):
        np.from_dlpack(view)
    assert np.from_dlpack(view, copy=True).tolist() == [1, 2, 3]


def test_steps_that_are_no_whole_elements_are_refused(np):
    records = np.zeros(3, [("a", "i4"), ("b", "u1")])
    view = consumer.consume(records)["a"]
    with pytest.raises(BufferError, match=r"a step of 5 bytes is no multiple of .* 4 bytes; copy"):
        view.__dlpack__(max_version=(1, 0))
    # Where there is no second element, the step means nothing.
    for few in (view[:1], view[:0], view[1:2]):
        managed = taken(few)
        assert (managed.tensor.shape[0], managed.tensor.strides[0]) == (len(few), 1)
        delete(managed)


def test_pointers_between_elements_are_refused():
    testbuffer = pytest.importorskip("_testbuffer")
    indirect = testbuffer.ndarray(list(range(6)), shape=[2, 3], format="i", flags=testbuffer.ND_PIL)
    with pytest.raises(BufferError, match="behind pointers"):
        consumer.consume(indirect).__dlpack__(max_version=(1, 0))


def test_empty_and_single_elements():
    empty = taken(consumer.consume(b"").cast("i"))
    assert empty.tensor.data is None
    assert (empty.tensor.ndim, empty.tensor.shape[0], empty.tensor.strides[0]) == (1, 0, 1)
    delete(empty)
    single = consumer.consume(array.array("d", [1.5])).cast("B").cast("d", ())
    managed = taken(single)
    assert managed.tensor.ndim == 0
    assert ctypes.c_double.from_address(managed.tensor.data).value == 1.5
    delete(managed)


@pytest.mark.parametrize("kind", [Unversioned, Versioned])
def test_the_memory_is_held_until_the_tensor_is_deleted(kind):
    data = bytearray(b"abc")
    view = consumer.consume(data)
    managed = taken(view, kind)
    with pytest.raises(BufferError, match="has 1 exported buffer"):
        view.release()
    del view
    gc.collect()
    with pytest.raises(BufferError):
        data.append(1)
    # A deleter may be called in any thread.
    thread = threading.Thread(target=delete, args=(managed,))
    thread.start()
    thread.join()
    data.append(1)


@pytest.mark.parametrize("version", [None, (0, 8), (1, 0), (1, 99), (7, 0)])
def test_a_capsule_that_nobody_consumes_gives_the_memory_back(version):
    data = bytearray(b"abc")
    view = consumer.consume(data)
    capsule = view.__dlpack__(max_version=version)
    versioned = version is not None and version[0] >= 1
    assert name_of(capsule) == (b"dltensor_versioned" if versioned else b"dltensor")
    del capsule
    view.release()
    data.append(1)


def test_a_capsule_dies_while_an_exception_is_propagated():
    view = consumer.consume(bytearray(b"abc"))

    def fail():
        capsule = view.__dlpack__(max_version=(1, 0))
        assert capsule
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    view.release()


def test_the_version_is_our_own():
    managed = taken(consumer.consume(bytearray(1)), max_version=(1, 77))
    assert (managed.major, managed.minor) == (1, 3)
    delete(managed)


@pytest.mark.parametrize(
    ("error", "text", "names"),
    [
        (ValueError, "stream has to be None", {"stream": -1}),
        (ValueError, "stream has to be None", {"stream": 1}),
        (BufferError, r"dl_device can only be \(1, 0\)", {"dl_device": (2, 0)}),
        (BufferError, r"dl_device can only be \(1, 0\)", {"dl_device": (1, 1)}),
        (TypeError, "dl_device has to be a tuple of two ints or None, not 1", {"dl_device": 1}),
        (TypeError, "max_version has to be a tuple of two ints", {"max_version": [1, 0]}),
        (TypeError, "max_version has to be a tuple of two ints", {"max_version": (1,)}),
        (TypeError, "max_version has to be a tuple of two ints", {"max_version": (1, 0, 0)}),
        (TypeError, "interpreted as an integer", {"max_version": (1.5, 0)}),
        (TypeError, "copy has to be a bool or None, not str", {"copy": "no"}),
        (TypeError, "unexpected keyword argument 'other'", {"other": 1}),
    ],
)
def test_arguments_that_cannot_be(error, text, names):
    view = consumer.consume(bytearray(3))
    with pytest.raises(error, match=text):
        view.__dlpack__(**names)
    view.release()


def test_arguments_are_keywords():
    with pytest.raises(TypeError, match="positional"):
        consumer.consume(bytearray(3)).__dlpack__(None)


def test_arguments_of_none_are_none():
    view = consumer.consume(bytearray(3))
    view.__dlpack__(stream=None, max_version=None, dl_device=None, copy=None)
    view.__dlpack__(dl_device=(1, 0), copy=False)
    assert view.__dlpack_device__() == (1, 0)
    view.release()


def test_a_released_view_has_no_tensor():
    view = consumer.consume(bytearray(3))
    view.release()
    with pytest.raises(ValueError, match="released"):
        view.__dlpack__()


def test_arguments_that_release_the_view():
    view = consumer.consume(bytearray(3))

    class Number:
        def __index__(self):
            view.release()
            return 1

    with pytest.raises(ValueError, match="released"):
        view.__dlpack__(max_version=(Number(), 0))


def test_tensors_outlive_the_program(np):
    assert np
    program = """
        import consumer, numpy, ctypes
        kept = numpy.from_dlpack(consumer.consume(bytearray(b"abc")))
        capsule = consumer.consume(bytearray(b"abc")).__dlpack__()
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
        print(kept.tolist())
    """
    done = run_python("-c", textwrap.dedent(program), timeout=60)
    assert done.stdout == "[97, 98, 99]\n"
    assert done.stderr == ""
