"""byteswap: the bytes of each number in the other order, the values the same."""

import ctypes

import consumer
import pytest

from support.oracles import NATIVE, SWAPPED


@pytest.mark.parametrize("code", [*"?bBhHiIlLqQefdgFDuwPc", "Ze", "Zg"])
def test_byteswap_turns_the_bytes_around_and_keeps_the_values(code):
    # A code point in either order.
    data = bytes([1, 2, 0, 3] * 24) if code != "w" else bytes([0, 1, 2, 0] * 24)
    view = consumer.consume(data).cast(code)
    swapped = view.byteswap()
    part = view.itemsize // (2 if code[0] in "ZFD" else 1)
    if part == 1:
        assert (swapped.format, swapped.tobytes()) == (code, data)
        return
    parts = [data[i : i + part][::-1] for i in range(0, len(data), part)]
    assert swapped.tobytes() == b"".join(parts)
    assert swapped.format[0] == SWAPPED
    assert list(map(repr, swapped.tolist())) == list(map(repr, view.tolist()))
    back = swapped.byteswap()
    assert (back.format[0], back.format[1:]) == (NATIVE, swapped.format[1:])
    assert back.tobytes() == data


def test_byteswap_of_any_layout(np):
    numbers = np.arange(12, dtype=">i4").reshape(3, 4)
    swapped = consumer.consume(numbers.T[::-1]).byteswap()
    assert swapped.tolist() == numbers.T[::-1].tolist()
    assert (swapped.format, swapped.shape, swapped.readonly) == ("<i", (4, 3), False)


@pytest.mark.parametrize("form", ["<IH", "T{<i:a:>h:b:}", "4s", "<(2)h", "<3w", "T{<hT{d:x:}:y:}"])
def test_byteswap_swaps_each_part(form):
    view = consumer.consume(bytes(range(48))).cast(form, offset=0, count=1).copy()
    view = consumer.consume(bytes(view.nbytes)).cast(view.format) if "w" in form else view
    swapped = view.byteswap()
    assert swapped == view
    assert swapped.byteswap().tobytes() == view.tobytes()
    assert "w" in form or "s" in form or swapped.tobytes() != view.tobytes()


def test_bit_fields_and_unions_have_no_byte_order():
    class Bits(ctypes.Structure):
        _fields_ = (("a", ctypes.c_int, 3),)

    class Union(ctypes.Union):
        _fields_ = (("a", ctypes.c_int),)

    for kind in (Bits, Union):
        with pytest.raises(TypeError, match="no order of their own"):
            consumer.consume(kind()).byteswap()
