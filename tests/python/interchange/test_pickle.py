"""Pickles of views, in every protocol, beside those of the ndarrays that they show; and copies."""

import array
import copy
import ctypes
import io
import pickle
import random
import struct

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import numpy_values, oracles, random_ctypes
from support.exporters import Exporter
from support.oracles import address, same
from support.random_records import settings
from support.tricksters import Releasing
from support.versions import ARRAY_CODES

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
DTYPES = [*"?bBhHiIlLqQefdgFDG", ">i2", ">f8", ">c16", "S3", "S1", "U2", ">U2", "V5"]
DTYPES += ["i4,f8", "i1,(2,3)>f8,S3", "<f4,>f4"]


def carried(view, protocol):
    """The view that arrives, with its elements in the pickle."""
    return pickle.loads(pickle.dumps(view, protocol))


def handed_over(view):
    """The view that arrives where the buffers travel beside the pickle."""
    buffers = []
    data = pickle.dumps(view, 5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=buffers)


WAYS = {f"protocol {protocol}": protocol for protocol in PROTOCOLS}
WAYS = {name: lambda view, p=protocol: carried(view, p) for name, protocol in WAYS.items()}
WAYS["Python's pickler"] = lambda view: pickle.loads(pickle._dumps(view))
WAYS["Python's both"] = lambda view: pickle._loads(pickle._dumps(view, protocol=5))
WAYS |= {"out of band": handed_over, "copy": copy.copy, "deepcopy": copy.deepcopy}


def layouts(np, dtype):
    """Arrays of every kind of layout that there is."""
    flat = np.arange(24 * np.dtype(dtype).itemsize, dtype="u1") % 2
    cube = flat.view(dtype).reshape(2, 3, 4)
    yield cube.reshape(-1)
    yield cube
    yield np.asfortranarray(cube)
    yield cube[:, ::-2, 1:]
    yield cube.transpose(1, 0, 2)
    yield cube[1, 1]
    yield cube[:, 1:2, 0]
    yield cube[0, 0, 0, ...]
    yield cube[:0]
    yield cube[:, 3:]
    yield np.broadcast_to(cube[0, 0], (3, 4))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_arrives_is_what_was_sent(np, dtype, way):
    for source in layouts(np, dtype):
        for readonly in (False, True):
            view = consumer.consume(source)
            view = view.toreadonly() if readonly else view
            arrived = WAYS[way](view)
            assert type(arrived) is type(view)
            assert (arrived.format, arrived.itemsize) == (view.format, view.itemsize)
            assert (arrived.shape, arrived.readonly) == (view.shape, view.readonly)
            assert arrived.tobytes() == view.tobytes()
            # Where there is a NaN, no view equals even itself.
            assert (arrived == view) == (view == view)
            assert np.asarray(arrived).dtype == np.asarray(view).dtype
            # As with ndarrays, the order of what is contiguous is kept.
            assert arrived.contiguous
            assert arrived.c_contiguous == (view.c_contiguous or not view.f_contiguous)
            assert arrived.f_contiguous >= view.f_contiguous


@pytest.mark.parametrize("way", WAYS)
def test_what_arrives_is_independent(way):
    data = bytearray(b"abc")
    arrived = WAYS[way](consumer.consume(data))
    arrived[0] = 122
    assert data == (b"zbc" if way == "out of band" else b"abc")
    assert arrived.tobytes() == b"zbc"


@pytest.mark.parametrize("way", ["protocol 2", "protocol 4", "protocol 5"])
def test_order_and_writability_are_those_of_a_pickled_ndarray(np, way):
    for source in layouts(np, "f8"):
        array_arrived = WAYS[way](source)
        arrived = np.asarray(WAYS[way](consumer.consume(source)))
        if source.flags.forc:
            assert arrived.flags.c_contiguous == array_arrived.flags.c_contiguous
            assert arrived.flags.f_contiguous == array_arrived.flags.f_contiguous
        assert arrived.flags.writeable == source.flags.writeable


@pytest.mark.parametrize("form", oracles.STRUCT_FORMATS)
def test_every_format_of_struct(form):
    size = struct.calcsize(form)
    view = consumer.consume(Exporter(b"\1\0\1" * size, form.encode(), size))
    for way in WAYS.values():
        arrived = way(view)
        assert arrived.format == form
        assert arrived.tobytes() == view.tobytes()
        assert same(arrived.tolist(), view.tolist())


def test_formats_that_a_cast_reads_otherwise():
    """A format goes by the itemsize, which travels with it."""
    text = "aß€".encode("utf-32-le")
    view = consumer.consume(Exporter(text, b"<u", 4))
    padded = consumer.consume(Exporter(bytes(range(16)), b"T{h:a:b:b:}", 4))
    nothing = consumer.consume(Exporter(b"", b"0s", 0, shape=(3,)))
    for each in (view, padded, nothing):
        for way in WAYS.values():
            arrived = way(each)
            assert (arrived.format, arrived.itemsize) == (each.format, each.itemsize)
            assert arrived.tolist() == each.tolist()


def test_names_of_every_kind():
    for name in ("a", "été", "日本", "x y", "T{", "a" * 5000):
        view = consumer.consume(bytearray(range(8))).cast(f"T{{<h:{name}:>h:b:}}")
        for way in WAYS.values():
            assert list(way(view).fields) == [name, "b"]


def test_memory_behind_pointers(nd):
    flags = nd.ND_PIL | nd.ND_WRITABLE
    view = consumer.consume(nd.ndarray(list(range(12)), shape=[3, 4], format="i", flags=flags))
    assert view.suboffsets
    for way in WAYS.values():
        arrived = way(view)
        assert arrived.tolist() == view.tolist()
        assert arrived.c_contiguous
        assert not arrived.readonly


def test_as_many_dimensions_as_there_can_be():
    view = consumer.consume(b"ab").reshape([1] * 63 + [2])
    for way in WAYS.values():
        assert way(view).shape == view.shape


def test_nothing_is_copied_out_of_band(np):
    source = np.arange(6, dtype="f8").reshape(2, 3)
    for view in (consumer.consume(source), consumer.consume(source.T), consumer.consume(source[1])):
        buffers = []
        data = pickle.dumps(view, 5, buffer_callback=buffers.append)
        assert len(data) < 100
        assert address(pickle.loads(data, buffers=buffers)) == address(view)
        # As memoryview does, the buffer keeps the view from being released.
        with pytest.raises(BufferError):
            view.release()
        buffers.clear()
        view.release()


def test_the_same_view_arrives_once():
    view = consumer.consume(bytearray(b"abc"))
    for way in (*WAYS.values(), lambda pair: copy.deepcopy({"a": pair})["a"]):
        one, other = way([view, view])
        assert one is other
    assert copy.copy([view])[0] is view


def test_what_is_hashed_is_hashed_after_a_deep_copy_too():
    key = consumer.consume(b"abc")
    assert copy.deepcopy({key: 1})[key] == 1
    assert pickle.loads(pickle.dumps({key: 1}))[b"abc"] == 1


def refused(np):
    yield "references", np.array([1, "a"], "O")
    yield "references", np.zeros(2, [("a", "O"), ("b", "i4")])
    yield "references", consumer.consume(np.zeros(2, [("a", "O"), ("b", "i4")]))[["b"]]
    yield "references", ctypes.py_object(1)
    yield "what they are", Exporter(bytes(8), b"nosuch", 4)
    yield "what they are", Exporter(bytes(8), b"d", 4)
    yield "what they are", Exporter(bytes(8), b"T{h:\xff\xfe:h:b:}", 4)

    class Bits(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int, 3), ("b", ctypes.c_int, 4)]

    class Either(ctypes.Union):
        _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_float)]

    yield "does not tell all", Bits()
    yield "does not tell all", Either()
    yield "does not tell all", (Either * 3)()


def test_what_no_pickle_can_hold_is_refused_before_anything_is_written(np):
    for why, exporter in refused(np):
        view = consumer.consume(exporter)
        for protocol in PROTOCOLS:
            file = io.BytesIO()
            with pytest.raises(TypeError, match=f"cannot pickle ConsumerArray.*{why}"):
                pickle.dump(view, file, protocol)
            assert file.getvalue() == b""
            buffers = []
            with pytest.raises(TypeError, match=f"cannot pickle ConsumerArray.*{why}"):
                pickle.dumps(view, 5, buffer_callback=buffers.append)
            assert not buffers


def test_copies_of_what_no_pickle_can_hold(np):
    for why, exporter in refused(np):
        view = consumer.consume(exporter)
        if why != "references":
            for function in (copy.copy, copy.deepcopy):
                copied = function(view)
                assert copied.tobytes() == view.tobytes()
                assert (copied.format, copied.shape) == (view.format, view.shape)
                assert repr(copied) == repr(view)
        else:
            with pytest.raises(TypeError, match="deeply"):
                copy.deepcopy(view)
    text = "some text"
    view = consumer.consume(np.array([text, None], "O"))
    assert copy.copy(view)[0] is text
    assert copy.copy(view).tolist() == view.tolist()


def test_released_views():
    view = consumer.consume(b"abc")
    view.release()
    for way in WAYS.values():
        with pytest.raises(ValueError, match="released"):
            way(view)


def test_a_view_that_the_protocol_releases():
    view = consumer.consume(bytearray(b"abc"))
    with pytest.raises(ValueError, match="released"):
        view.__reduce_ex__(Releasing(view, None, 4))


@pytest.mark.parametrize("protocol", [None, "2", 2.0, [], b""])
def test_protocols_that_are_none(protocol):
    with pytest.raises(TypeError):
        consumer.consume(b"abc").__reduce_ex__(protocol)


def test_reduce_and_protocols_of_any_size():
    view = consumer.consume(bytearray(b"abc"))
    for call, arguments in (
        view.__reduce__(),
        *(view.__reduce_ex__(protocol) for protocol in (-1, 0, 5, 100, 2**70, -(2**70))),
    ):
        assert call is consumer._rebuild
        assert call(*arguments) == view
    assert pickle.loads(pickle.dumps(consumer._rebuild)) is consumer._rebuild


@settings
@given(st.data())
def test_pickles_of_random_types_of_ctypes(data):
    generator = random.Random(data.draw(st.integers(0, 2**32)))
    kind = random_ctypes.random_type(generator, union=data.draw(st.sampled_from([None, False])))
    instance, _ = random_ctypes.random_object(generator, kind)
    view = consumer.consume(instance)
    protocol = generator.choice(PROTOCOLS)
    try:
        arrived = carried(view, protocol)
    except TypeError:
        with pytest.raises(TypeError, match="cannot pickle ConsumerArray"):
            view.__reduce_ex__(protocol)
        return
    assert arrived.format == view.format
    assert same(arrived.tolist(), view.tolist())


@pytest.mark.parametrize(
    "dtype",
    [
        [("a", ">c16"), ("b", "f8"), ("c", "S1")],
        [("a", "i1"), ("b", [("c", "i2"), ("d", "f4")], (2,)), ("e", "f8")],
        [("a", "i4"), ("b", [("c", [("d", "i4")], (2,))]), ("e", "f8")],
    ],
)
def test_records_of_which_only_their_type_tells_for_sure(np, dtype):
    """Others may have written the same formats for other layouts, whose names these have not."""
    source = np.zeros(3, np.dtype(dtype, align=True))
    source.view("u1")[:] = range(source.nbytes)
    view = consumer.consume(source)
    assert view.format == memoryview(source).format
    with pytest.raises(NotImplementedError, match="writers differ"):
        consumer.consume(Exporter(view.tobytes(), view.format.encode(), view.itemsize)).tolist()
    again = consumer.consume(view.tobytes()).cast(view.format)
    for arrived in (again, view.astype(view.format), *(way(view) for way in WAYS.values())):
        assert arrived.format == view.format
        assert same(arrived.tolist(), numpy_values.values(source))


def test_large_views(np):
    source = np.arange(3_000_000, dtype="f8")
    for each in (source, source.reshape(1000, 3000).T, source[::2]):
        view = consumer.consume(each)
        for protocol in (4, 5):
            arrived = carried(view, protocol)
            assert arrived == view
            assert address(copy.copy(view)) % 64 == 0
    with pytest.raises(MemoryError):
        copy.copy(consumer.consume(np.broadcast_to(np.zeros(1), (2**55,))))
    with pytest.raises(MemoryError):
        carried(consumer.consume(np.broadcast_to(np.zeros(1), (2**55,))), 4)


def test_a_view_of_an_array_of_the_array_module():
    for code in ARRAY_CODES:
        source = array.array(code, [1, 2])
        for way in WAYS.values():
            assert way(consumer.consume(source)).tolist() == source.tolist()
