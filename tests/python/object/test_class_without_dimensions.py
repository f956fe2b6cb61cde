"""ConsumerScalar: the class of every view without dimensions, and of no other."""

import collections.abc
import copy
import ctypes
import gc
import itertools
import pickle
import subprocess
import sys
import weakref

import consumer
import pytest
from consumer import ConsumerArray, ConsumerScalar, consume

from support.references import referents
from support.versions import GIL


def scalar(number: int = 7) -> ConsumerArray:
    return consume(ctypes.c_int(number))


def class_of(view: ConsumerArray) -> type:
    """The class that a view of its dimensions is to have."""
    return ConsumerArray if view.ndim else ConsumerScalar


def test_a_view_has_the_class_of_its_dimensions(np):
    exporters = [
        b"abcd",
        ctypes.c_int(5),
        (ctypes.c_int * 2)(),
        np.array(5),
        np.array(5, ">u2"),
        np.float64(1.5),
        np.zeros((2, 3)),
        np.zeros((0, 3)),
        np.zeros((), "i4,f8"),
        np.zeros((1, 1), [("f0", "i4"), ("f1", "f8", (2,))]),
        np.array(None, "O"),
        memoryview(b"a").cast("B", ()),
    ]
    made = [
        lambda v: v,
        consume,
        lambda v: ConsumerArray._from_flags(v, 0x11C),
        lambda v: v.T,
        lambda v: v.transpose(),
        lambda v: v.reshape(-1),
        lambda v: v.reshape(()),
        lambda v: v.reshape(1, 1),
        lambda v: v.cast("B"),
        lambda v: v.cast("B", ()),
        lambda v: v.cast(v.format, ()),
        lambda v: v.cast(v.format, (1,)),
        lambda v: v.toreadonly(),
        lambda v: v.copy(),
        lambda v: v.astype("d"),
        lambda v: v.byteswap(),
        lambda v: v[...],
        lambda v: v[()],
        lambda v: v[0:1],
        lambda v: v[0],
        lambda v: v[0, ...],
        lambda v: v[0, 0, ...],
        lambda v: v["f0"],
        lambda v: v["f1"],
        lambda v: v[["f0"]],
        lambda v: next(iter(v)),
        lambda v: next(reversed(v)),
        lambda v: consume(memoryview(v)),
        lambda v: v.__enter__(),
    ]
    seen = set()
    for exporter, first, second in itertools.product(exporters, made, made):
        try:
            view = second(first(consume(exporter)))
        except (TypeError, ValueError, LookupError, NotImplementedError, StopIteration):
            continue
        except AttributeError:  # Of an element, or of what NumPy made of it.
            continue
        if isinstance(view, ConsumerArray):
            assert type(view) is class_of(view)
            seen.add(type(view))
    assert seen == {ConsumerArray, ConsumerScalar}


def test_classes_of_many_views_at_a_time():
    """Objects are used again, by views of either class."""
    for length in (1, 40, 3, 100, 2):
        numbers = [scalar(number) for number in range(length)]
        lines = [view.reshape(1) for view in numbers]
        back = [line.reshape(()) for line in reversed(lines)]
        assert {type(view) for view in numbers + back} == {ConsumerScalar}
        assert {type(line) for line in lines} == {ConsumerArray}
        assert [int(view) for view in numbers] == [line[0] for line in lines]
        del numbers[::2], lines[1::2]


def test_the_class_is_one_of_consumer():
    assert ConsumerScalar.__mro__ == (ConsumerScalar, ConsumerArray, object)
    assert (ConsumerScalar.__module__, ConsumerScalar.__name__) == ("consumer", "ConsumerScalar")
    assert ConsumerScalar.__qualname__ == "ConsumerScalar"
    own = {"__bool__", "__int__", "__float__", "__complex__", "__doc__", "__module__"}
    assert set(vars(ConsumerScalar)) <= own
    assert issubclass(ConsumerScalar, collections.abc.Sequence)
    alias = ConsumerScalar[int]
    assert (alias.__origin__, alias.__args__) == (ConsumerScalar, (int,))
    assert ConsumerScalar.__basicsize__ == ConsumerArray.__basicsize__
    assert sys.getsizeof(scalar()) == sys.getsizeof(consume(b""))
    for name in ("__add__", "__index__", "__trunc__", "__dict__"):
        assert not hasattr(scalar(), name)


@pytest.mark.parametrize("kind", [ConsumerArray, ConsumerScalar])
def test_neither_class_has_other_subclasses_or_can_be_changed(kind):
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Other", (kind,), {})
    for name in ("__int__", "__len__", "name"):
        with pytest.raises(TypeError, match="immutable"):
            setattr(kind, name, None)
    with pytest.raises(TypeError):
        consume(b"").__class__ = kind
    with pytest.raises(TypeError):
        scalar().__class__ = kind
    with pytest.raises(AttributeError):
        scalar().name = 1


def test_only_views_make_views_without_dimensions():
    for arguments in [(), (3,), (b"a",)]:
        with pytest.raises(TypeError):
            ConsumerScalar(*arguments)
        for new in (ConsumerArray.__new__, ConsumerScalar.__new__, object.__new__):
            with pytest.raises(TypeError):
                new(ConsumerScalar, *arguments)


def test_the_class_is_the_same_when_the_module_is_loaded_again():
    code = (
        "import sys, ctypes, consumer; old = consumer.ConsumerScalar; view = consumer.consume("
        "ctypes.c_int(3)); [sys.modules.pop(n) for n in list(sys.modules) if 'consumer' in n]\n"
        "try:\n    import consumer\nexcept ImportError:\n    pass\n"
        "else:\n    assert consumer.ConsumerScalar is old is type(view)\n"
        "    assert type(consumer.consume(view)) is old and int(view) == 3\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_text_equality_hash_and_copies_are_those_of_any_view(np):
    view = scalar()
    prefix = "<" if sys.byteorder == "little" else ">"
    assert (str(view), repr(view)) == ("7", f"<ConsumerArray format='{prefix}i' shape=() 7>")
    assert view == scalar() == np.array(7) == view == view.cast("I", ())
    assert view == consume(memoryview(view))
    for other in (scalar(8), view.reshape(1), memoryview(view.reshape(1)), 7):
        assert view != other
        assert other != view
    with pytest.raises(ValueError, match="writable ConsumerArray"):
        hash(view)
    byte = consume(b"7").cast("B", ())
    assert hash(byte) == hash(b"7") == hash(consume(byte))
    for action in (copy.copy, copy.deepcopy, lambda view: pickle.loads(pickle.dumps(view))):
        assert type(action(view)) is type(view)
        assert int(action(view)) == 7
    view.release()
    assert repr(view).startswith("<released memory of ConsumerArray at")
    assert view == view
    assert view != scalar()
    assert scalar() != view
    with pytest.raises(ValueError, match="released"):
        consume(view)


def test_a_view_without_dimensions_shares_the_export_of_another():
    data = bytearray(4)
    line = consume(data).cast("i")
    view = line.reshape(())
    again = consume(view)
    assert view.obj is again.obj is data
    line.release()
    view.release()
    again[()] = 5
    assert data == (5).to_bytes(4, sys.byteorder)
    with pytest.raises(BufferError):
        data.append(1)
    again.release()
    data.append(1)


def test_storing_views_without_dimensions(np):
    target = consume(np.zeros((2, 3)))
    target[...] = consume(np.array(2.5))
    assert target.tolist() == [[2.5] * 3] * 2
    whole = consume(np.array(0, "i4"))
    whole[...] = scalar(6)
    whole[()] = 8
    assert int(whole) == 8


def test_views_without_dimensions_end_with_their_last_reference(np):
    exporter = np.array(5)
    view = consume(exporter)
    before = sys.getrefcount(exporter)
    dead = []
    reference = weakref.ref(view, dead.append)
    other = view.reshape(1)
    del view
    # With a GIL it is the root of the other one, and lives with it.
    assert (other[0], dead) == (5, [] if GIL else [reference])
    del other
    assert dead == [reference]
    assert sys.getrefcount(exporter) == before - 1


def test_the_classes_count_their_objects(np):
    exporter = np.array(5)

    def run(count):
        for _ in range(count):
            view = consume(exporter)
            line = view.reshape(1)
            line.reshape(()).copy()
            int(view)

    run(100)
    gc.collect()
    before = [sys.getrefcount(kind) for kind in (ConsumerArray, ConsumerScalar)]
    run(2000)
    many = [consume(exporter) for _ in range(500)]
    assert {type(view) for view in many} == {ConsumerScalar}
    del many
    gc.collect()
    # Some objects that were freed are kept, and refer to one class or the other.
    for kind, count in zip((ConsumerArray, ConsumerScalar), before, strict=True):
        assert abs(sys.getrefcount(kind) - count) <= 40


def test_the_garbage_collector_finds_cycles_through_views_without_dimensions():
    class Holder(ctypes.Structure):
        _fields_ = (("number", ctypes.c_int),)

    class Record(Holder):
        pass

    record = Record()
    record.view = consume(record)
    assert gc.is_tracked(record.view)
    assert type(record.view) is ConsumerScalar
    record.number_view = record.view["number"]
    assert int(record.number_view) == 0
    reference = weakref.ref(record.number_view)
    assert ConsumerScalar in gc.get_referents(record.view)
    assert any(one is record for one in referents(record.view))
    del record
    gc.collect()
    assert reference() is None


def test_a_failed_export_leaves_no_class_behind():
    before = sys.getrefcount(ConsumerScalar)
    for _ in range(100):
        with pytest.raises(consumer.BufferProtocolError):
            consume(5)
    assert sys.getrefcount(ConsumerScalar) <= before
