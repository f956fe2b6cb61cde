"""Texts of a report: numbers, sizes and what is foreign, each of a limited length."""

from collections.abc import Sequence

NAME, FORMAT, VALUE, CLASS = 32, 64, 22, 60
FIRST_AXES, LAST_AXES = 6, 3

# The code of a scalar in a format, and what its type is called, without its bits.
_KINDS = {
    **dict.fromkeys("bhilqn", "int"),
    **dict.fromkeys("BHILQN", "uint"),
    **dict.fromkeys("efdg", "float"),
    **dict.fromkeys(("Ze", "Zf", "Zd", "Zg", *"EFDG"), "complex"),
    **dict.fromkeys("sp", "bytes"),
    **dict.fromkeys("uw", "str"),
    **dict.fromkeys("PzZ", "pointer"),
    "?": "bool",
    "c": "char",
    "O": "object",
    "x": "void",
    "X": "pointer",
}
# The types that formats have no code for.
_NAMED = {
    "bfloat16": "float",
    "float8_e4m3fn": "float",
    "float8_e5m2": "float",
    "int24": "int",
    "uint24": "uint",
}


def clean(text: str, most: int) -> str:
    """A foreign text: what cannot be seen is escaped, so that it neither hides nor turns others."""
    if len(text) > most:
        text = text[: most - 1] + "…"
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def middle(text: str, most: int) -> str:
    """The same, but the end of the text stays."""
    if len(text) > most:
        tail = most // 3
        text = text[: most - tail - 1] + "…" + text[-tail:]
    return clean(text, most)


def kind_and_type(form: str, itemsize: int) -> tuple[str, str]:
    """What kind of type a format is, which has the colour, and what the type is called."""
    body = form.lstrip("@=<>!^")
    code = body.lstrip("0123456789")
    for name, kind_of_name in _NAMED.items():
        if body.endswith(f"x:{name}:"):
            return kind_of_name, name
    kind = _KINDS.get(code)
    if kind is None:
        composite = "sub-array" if code.startswith("(") else "record"
        return ("record", composite) if code[:1] in ("T", "(") or ":" in body else ("void", "?")
    if kind in ("int", "uint", "float", "complex"):
        return kind, f"{kind}{8 * itemsize}" if code not in ("g", "Zg", "G") else f"long {kind}"
    if kind in ("bytes", "void"):
        return kind, f"{kind}{itemsize}"
    if kind == "str":
        return kind, f"str{itemsize // (2 if code == 'u' else 4)}"
    return ("bytes" if kind == "char" else kind), kind


def number_of(count: int, what: str) -> str:
    """A number and a noun."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def bits_text(bits: int) -> str:
    """A size, in bytes where it is whole bytes."""
    return number_of(bits, "bit") if bits % 8 else number_of(bits // 8, "byte")


def place_text(bits: int) -> str:
    """A place, as bytes and the bits after them."""
    return f"{bits // 8:,}:{bits % 8}" if bits % 8 else f"{bits // 8:,}"


def large_text(count: int) -> str:
    """A size, once more in larger units."""
    units = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    size, unit = float(count), ""
    for name in units:
        if size < 1024:
            break
        size, unit = size / 1024, name
    exact = number_of(count, "byte")
    return f"{exact} ({size:.3g} {unit})" if unit and count >= 10_000 else exact


def some_axes(numbers: Sequence[int]) -> list[int | None]:
    """The first and the last axes, and None for those between them."""
    if len(numbers) <= FIRST_AXES + LAST_AXES + 1:
        return list(numbers)
    return [*numbers[:FIRST_AXES], None, *numbers[-LAST_AXES:]]


def shape_text(shape: Sequence[int]) -> str:
    """Lengths, as one says them."""
    return " × ".join("…" if n is None else f"{n:,}" for n in some_axes(shape))  # noqa: RUF001


def index_text(index: Sequence[int]) -> str:
    """An index, as one writes it behind a view."""
    if len(index) > 4:
        return "[…, " + ", ".join(map(str, index[-3:])) + "]"
    return "[" + (", ".join(map(str, index)) or "()") + "]"
