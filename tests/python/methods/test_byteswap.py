"""byteswap: the bytes of each number in the other order, the values the same."""

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


@pytest.mark.parametrize("form", ["<IH", "T{i:a:}", "4s", "(2)h"])
def test_byteswap_of_what_is_no_scalar_is_refused(form):
    with pytest.raises(TypeError, match="no scalars"):
        consumer.consume(bytes(24)).cast(form).byteswap()
