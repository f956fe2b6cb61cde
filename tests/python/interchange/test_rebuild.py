"""`_rebuild`, the function that pickles call, with arguments that nobody pickled."""

import itertools
import pickle
import pickletools
import sys

import consumer
import pytest

from support.exporters import Exporter
from support.tricksters import Releasing

REBUILD = consumer._rebuild


def arguments(view=None, **others):
    """The arguments in a pickle of a view, some of them exchanged."""
    view = consumer.consume(bytearray(range(24))).cast("i", (2, 3)) if view is None else view
    names = ("data", "format", "itemsize", "shape", "order", "machine", "copies")
    return tuple({**dict(zip(names, view.__reduce_ex__(5)[1], strict=True)), **others}.values())


def test_what_a_pickle_has_is_taken():
    view = REBUILD(*arguments())
    assert view.tolist() == consumer.consume(bytes(range(24))).cast("i", (2, 3)).tolist()
    assert REBUILD(*arguments(copies=1)).obj is None
    assert REBUILD(*arguments(data=memoryview(bytes(24)))).readonly
    assert not REBUILD(*arguments(data=bytes(24), copies=True)).readonly
    assert REBUILD(*arguments(shape=[2, 3])).shape == (2, 3)


JUNK = [None, -1, 0, 1, 2**31, 2**62, 2**63, 2**200, -(2**200), 1.5, "", "i", "O", "F", "C", "i\0"]
JUNK += [
    "T{",
    "\ud800",
    "\udcff",
    "&O",
    "T{O:a:}",
    "0s",
    "nosuch",
    "(2)i",
    "i:" * 9,
    "x",
    b"",
    b"i",
]
JUNK += [bytes(24), (), (2, 3), (2, 3, 1), (-2, -3), (24,), (6,), [6], (2**62, 4), (0,), (0, 2**62)]
JUNK += [(1,) * 64, (1,) * 65, (2**40,) * 3, ("2", 3), (2.0, 3), {}, {2: 3}, object(), print]
JUNK += ["(" * 100 + "i", "T{" * 100, "T{" * 60 + "i" + "}" * 60, "A" * 100_000, "9" * 100 + "i"]
ERRORS = (TypeError, ValueError, MemoryError, OverflowError)


@pytest.mark.parametrize("place", range(7))
def test_one_argument_of_any_kind(place):
    good, messages = arguments(), []
    for junk in JUNK:
        try:
            view = REBUILD(*good[:place], junk, *good[place + 1 :])
        except ERRORS as error:
            messages.append(str(error))
        else:
            assert view.nbytes == 24
            assert repr(view)
    # However long what is quoted is.
    assert max(map(len, messages)) < 2000


def test_arguments_of_any_kind():
    formats = ["i", "B", "24s", "0s", "O", "T{i:a:d:b:}", "(3)i", 5, "\0"]
    sizes = [0, 1, 4, 24, 2**62, 2**64, -1]
    shapes = [(), (6,), (24,), (0,), (0, 2**62), (2**62, 2**62), (1,) * 64, (5,)]
    datas = [b"", bytes(24), bytearray(24), [], consumer.consume(bytes(24))[::2]]
    made = 0
    for form, size, shape, data in itertools.product(formats, sizes, shapes, datas):
        for copies in (0, 1):
            changed = {"format": form, "itemsize": size, "shape": shape, "data": data}
            try:
                view = REBUILD(*arguments(**changed, copies=copies))
            except ERRORS:
                continue
            made += 1
            assert view.nbytes == memoryview(data).nbytes
            assert (view.itemsize, view.shape) == (size, shape)
            view.tolist() if view.nbytes else view.tobytes()
    assert made > 20


def test_too_few_and_too_many_arguments():
    good = arguments()
    for wrong in (good[:-1], (*good, 1), ()):
        with pytest.raises(TypeError):
            REBUILD(*wrong)
    with pytest.raises(TypeError):
        REBUILD(*good, data=b"")


def test_bytes_never_become_references(np):
    for form, size in (("O", 8), ("T{O:a:}", 8), ("T{q:a:O:b:}", 16), ("(3)O", 24)):
        with pytest.raises(TypeError, match="cannot pickle"):
            REBUILD(*arguments(format=form, itemsize=size, shape=(48 // size,), data=bytes(48)))
    objects = np.array([1, "a", None], "O")
    with pytest.raises(TypeError, match="references"):
        REBUILD(*arguments(format="q", itemsize=8, shape=(3,), data=objects))
    with pytest.raises(TypeError, match="references"):
        REBUILD(*arguments(format="O", itemsize=8, shape=(3,), data=objects))


def test_data_that_does_not_fit():
    for data in (b"", bytes(23), bytes(25)):
        with pytest.raises(ValueError, match=r"takes 24 bytes, not \d+"):
            REBUILD(*arguments(data=data))
    with pytest.raises(ValueError, match="contiguous"):
        REBUILD(*arguments(data=memoryview(bytes(48))[::2]))
    with pytest.raises(consumer.BufferProtocolError):
        REBUILD(*arguments(data="text"))
    released = consumer.consume(bytes(24))
    released.release()
    with pytest.raises(ValueError, match="released"):
        REBUILD(*arguments(data=released))


def test_elements_that_the_format_does_not_describe():
    for form, size in (("d", 4), ("nosuch", 4), ("i", 8), ("3t", 1)):
        with pytest.raises(TypeError, match="what they are"):
            REBUILD(*arguments(format=form, itemsize=size, shape=(24 // size,)))


def test_arguments_that_release_the_data():
    data = consumer.consume(bytearray(24))
    for name in ("itemsize", "copies"):
        view = consumer.consume(data)
        with pytest.raises(ValueError, match="released"):
            REBUILD(*arguments(data=view, **{name: Releasing(view, None, 4)}))


def other_machine(view):
    return arguments(view, machine=">l4p4a4g53")


def test_elements_of_another_machine():
    line = consumer.consume(bytes(8))
    portable = ["<i", ">d", "!h", "b", "B", "?", "c", "8s", "3x5s", "<4h", "T{<i:a:>h:b:2s:c:}"]
    portable += ["<int24", ">uint24", "!bfloat16", "float8_e5m2", "T{3x:int24:}", "2x:int24:"]
    for form in portable:
        view = line[: 8 // size_of(form) * size_of(form)].cast(form)
        assert REBUILD(*other_machine(view)) == view
    native = ["i", "@i", "=i", "l", "P", "g", "Zg", "T{<i:a:}h", "T{i:@:}", "Zd", "w"]
    native += ["int24", "@uint24", "bfloat16", "3x:int24:", " 3x:uint24:"]
    for form in native:
        view = consumer.consume(bytes(32 * size_of(form)))[: size_of(form)].cast(form)
        with pytest.raises(ValueError, match="another kind of machine"):
            REBUILD(*other_machine(view))
    assert arguments()[5][0] == ("<" if sys.byteorder == "little" else ">")


def size_of(form):
    return next(n for n in range(1, 33) if fits(form, n))


def fits(form, count):
    try:
        return consumer.consume(bytes(count)).cast(form).itemsize == count
    except (TypeError, ValueError):
        return False


def test_pickles_that_were_cut_or_changed():
    """Whatever a byte more, less or otherwise makes of a pickle, nothing crashes."""
    view = consumer.consume(bytearray(range(24))).cast("T{i:a:h:b:2x}", (3,))
    for protocol in (2, 4, 5):
        good = pickle.dumps(view, protocol)
        for place in range(len(good)):
            for changed in (
                good[:place],
                good[:place] + good[place + 1 :],
                *(
                    good[:place] + bytes([byte]) + good[place + 1 :]
                    for byte in b"\x00\x01\x7f\xffO"
                ),
            ):
                if promises_too_much(changed):
                    continue
                try:
                    arrived = pickle.loads(changed)
                except Exception:
                    continue
                if isinstance(arrived, consumer.ConsumerArray):
                    repr(arrived)
                    assert arrived.nbytes <= len(changed)


def promises_too_much(pickled):
    """Whether pickle would allocate for a length or an index that is larger than all there is."""
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if "PUT" in opcode.name and argument > len(pickled):
                return True
    except Exception as error:
        return "remain" in str(error)
    return False


def test_an_exporter_that_lies(np):
    """It has more elements than bytes: of what is refused nothing is read."""
    del np
    exporter = Exporter(bytes(24), b"B", 1, shape=(24,), strides=(2,))
    with pytest.raises(ValueError, match="contiguous"):
        REBUILD(*arguments(data=exporter))
