"""Random records, compared with a slow decoder of our own and with struct."""

import struct
import sys

import consumer
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import decoder
from support.ambiguity import is_ambiguous
from support.exporters import Exporter
from support.oracles import same
from support.random_records import (
    elements,
    expected,
    readable,
    settings,
)


@settings
@given(st.text("cbB?hHiIlLqQnNefdsxp 1234", min_size=1, max_size=8), st.data())
def test_the_decoder_reads_what_struct_unpacks(form, data):
    prefix = data.draw(st.sampled_from(["", "@", "=", "<", ">", "!"]))
    try:
        size = struct.calcsize(prefix + form)
    except struct.error:
        return
    memory = data.draw(st.binary(min_size=size, max_size=size))
    values = struct.unpack(prefix + form, memory)
    assert decoder.size_of(prefix + form) == size
    read = decoder._read_items(decoder.parse(prefix + form), memory)
    assert same(read, values)


@settings
@given(elements())
def test_records_read_as_the_decoder_reads_them(case):
    form, size, memory = case
    exporter = Exporter(memory, form.encode(), size)
    values = expected(form, size, memory)
    view = consumer.consume(exporter)
    assert (view.itemsize, view.shape) == (size, (3,))
    # Padding that the exporter leaves out is written.
    assert size > decoder.size_of(form) or view.format == form
    assert same(consumer.consume(memory).cast(view.format).tolist(), values)
    assert same(view.tolist(), values)
    assert same([view[i] for i in range(3)], values)
    assert same(list(view[::-1]), values[::-1])
    # Floats of other types have shorter texts than Python's, and long elements are cut.
    texts = [repr(value) for value in values]
    if not {"e", "f"} & set(form) and max(map(len, texts)) < 72:
        assert str(view) == f"[ {' '.join(texts)} ]"
    # Handed on, the elements are the same.
    again = consumer.consume(memoryview(view))
    assert same(again.tolist(), values)
    if size == decoder.size_of(form):
        assert same(consumer.consume(memory).cast(form).tolist(), values)
        assert consumer.consume(memory).cast(form, [3, 1]).shape == (3, 1)


@pytest.mark.parametrize(
    ("form", "itemsize", "ambiguous"),
    [
        ("T{ib}:r:3xi:n:", 16, True),
        ("T{T{ib}:r:3x}:s:", 12, False),
        ("T{ib}:r:B:n:xxx", 12, True),
        ("T{T{(2)T{=ib}:r:}:s:6x}", 16, True),
        ("T{ib}:r:xxxi:n:", 16, True),
        ("T{ib}:r:2xi:n:", 16, False),
        ("?:a:(2)b:r:", 3, False),
        ("T{ib}:r:i:n:", 12, False),
        ("=T{ib}:r:3xi:n:", 12, False),
        ("?:a:(2)T{?:b:}:r:", 3, False),
        ("?:a:(2)T{?:b:}:r:xx", 5, True),
        ("?:a:(2)T{?:b:x}:r:xx", 7, False),
        ("?:a:(2)^T{?:b:}:r:xx", 5, False),
        ("h:a:(2)T{i:b:i:c:}:r:4xd:d:", 32, False),
        ("T{(2)T{i:a:B:b:}:r:xxxxxxd:z:}", 24, True),
    ],
)
def test_records_whose_end_is_not_clear_are_refused(form, itemsize, ambiguous):
    assert is_ambiguous(form, itemsize) is ambiguous
    view = consumer.consume(Exporter(bytes(itemsize), form.encode(), itemsize))
    if ambiguous:
        with pytest.raises(NotImplementedError, match="writers differ"):
            view.tolist()
    else:
        assert view.tolist() == [decoder.read(form, bytes(itemsize))]


@settings
@given(elements(), st.data())
def test_writing_changes_the_values_and_nothing_else(case, data):
    form, size, memory = case
    other = readable(form, data.draw(st.binary(min_size=size, max_size=size)), size)
    exporter = Exporter(memory, form.encode(), size, readonly=False)
    view = consumer.consume(exporter)
    value = decoder.read(form, other)
    view[1] = value
    now = exporter.bytes_now()
    assert same(decoder.read(form, now[size : 2 * size]), value)
    padding = set(range(size)) - decoder.value_bytes(form)
    kept = [at for at in range(3 * size) if not size <= at < 2 * size or at - size in padding]
    assert [now[at] for at in kept] == [memory[at] for at in kept]
    # Reading and writing back is the identity, once every value has its own bytes.
    for index in range(3):
        view[index] = decoder.read(form, exporter.bytes_now()[index * size :])
    written = exporter.bytes_now()
    for index in range(3):
        view[index] = view[index]
    assert exporter.bytes_now() == written
    # Filling, and taking over from another exporter.
    view[...] = [value] * 3
    assert same(expected(form, size, exporter.bytes_now()), [value] * 3)
    view[1:] = consumer.consume(Exporter(memory, form.encode(), size))[:2]
    now = exporter.bytes_now()
    assert same(expected(form, size, now), [value, *expected(form, size, memory)[:2]])
    # From one memory to the other whole records are copied, with their padding.
    assert now[size:] == memory[: 2 * size]
    assert all(now[at] == memory[at] for at in padding)


@settings
@given(elements(), st.data())
def test_comparing_and_searching_go_by_value(case, data):
    form, size, memory = case
    changed = bytearray(memory)
    for at in data.draw(st.lists(st.integers(0, len(memory) - 1), max_size=3)):
        changed[at] ^= data.draw(st.sampled_from([1, 0x80, 0xFF]))
    changed = readable(form, bytes(changed), size)
    left, right = (consumer.consume(Exporter(m, form.encode(), size)) for m in (memory, changed))
    lists = expected(form, size, memory), expected(form, size, changed)
    assert (left == right) is (lists[0] == lists[1])
    assert (left != right) is (lists[0] != lists[1])
    again = expected(form, size, memory)
    assert (left == Exporter(memory, form.encode(), size)) is (lists[0] == again)
    for value in (*lists[1], None, (), 1, "a"):
        assert (value in left) is (value in lists[0])
        assert left.count(value) == lists[0].count(value)
        if value in lists[0]:
            assert left.index(value) == lists[0].index(value)
        else:
            with pytest.raises(ValueError, match="not among"):
                left.index(value)


@settings
@given(elements(prefixes=""), st.sampled_from("<>="), st.sampled_from("<>^@"))
# What no element is made of lies nowhere.
@hypothesis.example(("0T{T{h?}0T{?}}?", 1, bytes(3)), "<", "@")
def test_equality_does_not_depend_on_layout_or_byte_order(case, one, other):
    form, _, memory = case
    native = "nNPzg"
    hypothesis.assume(not any(code[0] in native for _, _, code, _ in decoder.leaves(form)))
    forms = [one + form, other + form]
    sizes = [decoder.size_of(text) for text in forms]
    hypothesis.assume(all(sizes))
    memory = (memory * 8)[: 3 * sizes[0]]
    hypothesis.assume(len(memory) == 3 * sizes[0])
    memory = readable(forms[0], memory, sizes[0])
    values = expected(forms[0], sizes[0], memory)
    target = Exporter(b"\x5a" * 3 * sizes[1], forms[1].encode(), sizes[1], readonly=False)
    left, right = (
        consumer.consume(Exporter(memory, forms[0].encode(), sizes[0])),
        consumer.consume(target),
    )
    for index, value in enumerate(values):
        try:
            right[index] = value
        except ValueError:
            # Code l has eight bytes in native formats, and four in others.
            hypothesis.assume(False)
    assert same(right.tolist(), values)
    assert (left == right) is (right == left) is (values == right.tolist())


@settings
@given(elements())
def test_copies_are_native_and_equal(case):
    form, size, memory = case
    view = consumer.consume(Exporter(memory, form.encode(), size))
    copy = view.copy()
    values = expected(form, size, memory)
    assert same(copy.tolist(), values)
    assert same(view[::-2].copy().tolist(), values[::-2])
    # The copy's format describes it, and all of it is in native byte order.
    assert copy.itemsize == size
    for _, item_size, code, order in decoder.leaves(copy.format):
        assert order == sys.byteorder or item_size == 1 or code in "spx"
    assert same(expected(copy.format, size, copy.tobytes()), values)
    copy[0] = values[2]
    assert same(copy.tolist(), [values[2], *values[1:]])
    assert same(view.tolist(), values)
