"""NumPy, where it is there: `dtype`, `__array__`, `numpy.asarray`; and a clear error where not."""

import ctypes
import struct

import consumer
import pytest

from support import oracles
from support.exporters import Exporter
from support.oracles import SWAPPED, same
from support.programs import run_python

pytest.importorskip("numpy")

CODES = "?bBhHiIlLqQefdgFDG"
DTYPES = [*CODES, *(SWAPPED + code for code in "hHiIlLqQefdFD")]


def sample(np, dtype):
    return np.array([0, 1, 2, 1, 0, 1]).astype(dtype).reshape(2, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_is_the_one_that_the_array_had(np, dtype):
    source = sample(np, dtype)
    view = consumer.consume(source)
    assert isinstance(view.dtype, np.dtype)
    assert view.dtype == source.dtype
    assert (view.dtype.itemsize, view.dtype.isnative) == (view.itemsize, source.dtype.isnative)
    assert view[0].dtype == view.T.dtype == view.toreadonly().dtype == source.dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", ["asarray", "__array__"])
def test_arrays_share_the_memory_and_have_its_layout(np, dtype, make):
    source = sample(np, dtype)
    for array_of in (
        source,
        source.T,
        source[::-1, ::2],
        source[0],
        source[:, 1],
        source[:0],
        source[0, 0, ...],
    ):
        view = consumer.consume(array_of)
        made = np.asarray(view) if make == "asarray" else view.__array__()
        assert type(made) is np.ndarray
        assert made.dtype == array_of.dtype
        assert (made.shape, made.strides) == (array_of.shape, array_of.strides)
        assert made.__array_interface__["data"][0] == array_of.__array_interface__["data"][0]
        assert made.tobytes() == array_of.tobytes()
        for flag in ("c_contiguous", "f_contiguous", "writeable", "aligned"):
            assert getattr(made.flags, flag) == getattr(array_of.flags, flag), flag
        assert not made.flags.owndata


@pytest.mark.parametrize("form", oracles.STRUCT_FORMATS)
def test_every_format_of_struct_has_an_array(form):
    size = struct.calcsize(form)
    values = oracles.values_of(form[-1], size)
    data = oracles.packed(form, values)
    view = consumer.consume(Exporter(data, form.encode(), size))
    made = view.__array__()
    assert made.dtype == view.dtype
    assert (made.dtype.itemsize, made.tobytes()) == (size, data)
    expected = oracles.unpacked(form, data)
    if form[-1] == "c":
        # NumPy's byte strings end before their trailing NULs.
        expected = [value.rstrip(b"\0") for value in expected]
    assert same(made.tolist(), expected)


def test_memory_that_is_not_aligned_is_known_to_be(np):
    raw = np.zeros(33, "u1")
    source = raw[1:].view("f8")
    assert not consumer.consume(source).__array__().flags.aligned
    assert consumer.consume(source.copy()).__array__().flags.aligned


def test_writing_goes_both_ways(np):
    data = bytearray(8)
    view = consumer.consume(data)
    made = np.asarray(view)
    made[1] = 5
    view[2] = 6
    assert data == b"\0\x05\x06\0\0\0\0\0"
    assert made.tolist() == view.tolist()
    for array_of in (np.asarray(view.toreadonly()), view.toreadonly().__array__()):
        with pytest.raises(ValueError, match="read-only"):
            array_of[0] = 1


def test_an_array_keeps_the_view_and_the_export(np):
    for make in (np.asarray, lambda view: view.__array__()):
        data = bytearray(b"abc")
        view = consumer.consume(data)
        made = make(view)
        with pytest.raises(BufferError):
            view.release()
        del view
        with pytest.raises(BufferError):
            data.append(1)
        assert made.tolist() == [97, 98, 99]
        del made
        data.append(1)


def test_copy_true_always_copies(np):
    source = sample(np, "i4")
    view = consumer.consume(source).toreadonly()
    made = view.__array__(copy=True)
    made[0, 0] = 99
    assert source[0, 0] == 0
    assert made.flags.writeable
    view.release()
    assert np.array(consumer.consume(source), copy=True).base is None


def test_copy_false_never_copies(np):
    source = sample(np, "i4")
    view = consumer.consume(source)
    made = view.__array__(copy=False)
    assert made.__array_interface__["data"][0] == source.__array_interface__["data"][0]
    assert view.__array__("i4", copy=False).dtype == "i4"
    assert view.__array__(np.int32, False).dtype == "i4"
    with pytest.raises(ValueError, match="copy"):
        view.__array__("f8", copy=False)
    with pytest.raises(ValueError, match="copy"):
        view.__array__(SWAPPED + "i4", copy=False)


def test_another_dtype_converts(np):
    source = sample(np, "i4")
    view = consumer.consume(source)
    for dtype in ("f8", np.float32, complex, np.dtype(">i8")):
        for copy in (None, True):
            made = view.__array__(dtype, copy=copy)
            assert made.dtype == np.dtype(dtype)
            assert made.tolist() == source.astype(dtype).tolist()
    assert view.__array__("i4").__array_interface__["data"][0] == oracles.address(source)
    assert np.asarray(view, dtype="f8").dtype == "f8"


def test_arrays_of_pointers_are_copied_where_that_is_allowed(np, nd):
    exporter = nd.ndarray(list(range(6)), shape=[2, 3], format=">h", flags=nd.ND_PIL)
    view = consumer.consume(exporter)
    for copy in (None, True):
        assert view.__array__(copy=copy).tolist() == exporter.tolist()
    assert view.__array__("f4").tolist() == exporter.tolist()
    with pytest.raises(ValueError, match="copy"):
        view.__array__(copy=False)
    assert np.asarray(view[1]).tolist() == exporter.tolist()[1]


def test_types_of_ctypes(np):
    for kind, dtype in (
        (ctypes.c_wchar, "U1"),
        (ctypes.c_void_p, "u8"),
        (ctypes.c_longdouble, "g"),
        (ctypes.c_char, "S1"),
        (ctypes.c_bool, "?"),
        (ctypes.c_int.__ctype_be__, ">i4"),
        (ctypes.c_double.__ctype_be__, ">f8"),
    ):
        exporter = (kind * 3)()
        view = consumer.consume(exporter)
        if ctypes.sizeof(kind) == np.dtype(dtype).itemsize:
            assert view.dtype == np.dtype(dtype)
            made = view.__array__()
            assert (made.dtype, made.shape) == (np.dtype(dtype), (3,))
            assert made.__array_interface__["data"][0] == ctypes.addressof(exporter)


def test_elements_that_numpy_has_no_type_for():
    for form, size in ((b"Ze", 4), (b"u", 2)):
        view = consumer.consume(Exporter(bytes(8), form, size))
        with pytest.raises(TypeError, match="NumPy has no type"):
            view.dtype  # noqa: B018
        with pytest.raises(TypeError, match="NumPy has no type"):
            view.__array__()


def test_elements_that_cannot_be_read_have_no_dtype():
    view = consumer.consume(Exporter(bytes(8), b"bfloat16", 2))
    with pytest.raises(NotImplementedError, match="bfloat16"):
        view.dtype  # noqa: B018
    with pytest.raises(NotImplementedError, match="bfloat16"):
        view.__array__()


def test_a_dtype_that_is_none_of_numpys():
    view = consumer.consume(b"abc")
    with pytest.raises(TypeError):
        view.__array__("no such type")


def test_a_released_view_has_neither():
    view = consumer.consume(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        view.dtype  # noqa: B018
    with pytest.raises(ValueError, match="released"):
        view.__array__()


def test_sixty_four_dimensions(np):
    if np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("NumPy has 32 dimensions before 2.0")
    source = np.arange(6).reshape((1,) * 62 + (2, 3))
    view = consumer.consume(source)
    assert view.__array__().shape == source.shape
    assert view[(0,) * 62 + (1, 2)] == 5
    assert np.asarray(view.T).shape == source.T.shape


MISSING = """
import sys
sys.modules["numpy"] = None
import consumer
view = consumer.consume(b"abc")
for use in (
    lambda: view.dtype,
    lambda: view.__array__(),
    lambda: view.__array__("f8", copy=True),
    lambda: view.sum(dtype="f8"),
):
    for _ in range(2):
        try:
            use()
        except ImportError as error:
            assert "NumPy" in str(error), error
            assert "ConsumerArray" in str(error), error
            assert isinstance(error.__cause__, ImportError)
        else:
            raise AssertionError("no ImportError")
# Everything else works, and the failed call does not keep the view alive.
assert view.tolist() == [97, 98, 99]
assert view[::-1].copy().tobytes() == b"cba"
view.release()
"""

BROKEN = """
import sys, types, importlib.abc, importlib.machinery
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "numpy":
            return importlib.machinery.ModuleSpec(name, self)
    def create_module(self, spec):
        return types.ModuleType("numpy")
    def exec_module(self, module):
        raise RuntimeError("mine")
sys.meta_path.insert(0, Finder())
import consumer
try:
    consumer.consume(b"abc").dtype
except ImportError as error:
    assert isinstance(error.__cause__, RuntimeError)
    assert "mine" in str(error)
else:
    raise AssertionError("no ImportError")
"""

EMPTY = """
import sys, types
sys.modules["numpy"] = types.ModuleType("numpy")
import consumer
for use in (lambda: consumer.consume(b"abc").dtype, lambda: consumer.consume(b"abc").__array__()):
    try:
        use()
    except (ImportError, AttributeError):
        pass
    else:
        raise AssertionError("no error")
"""


@pytest.mark.parametrize("program", [MISSING, BROKEN, EMPTY], ids=["missing", "broken", "empty"])
def test_where_numpy_is_not_there(program):
    done = run_python("-c", program)
    assert "panicked" not in done.stderr
