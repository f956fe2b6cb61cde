"""The tables of consumer/typing.py: which formats lead to which Python type.

The module itself is asked. `python tests/tools/format_types.py --write` brings the file up to date,
and a test tells when it is not.
"""

import sys
from pathlib import Path

import consumer

TYPING = Path(__file__).parents[2] / "stubs" / "consumer" / "typing.py"
START = "# --- Tables: tests/tools/format_types.py writes them ---\n"
END = "# --- End of the tables ---\n"

PREFIXES = ("", "@", "=", "<", ">", "!")
# All letters of struct, of PEP 3118 and of ctypes, the sizes of strings that are common, and the
# names that types have in NumPy, by which callers may mention them.
LETTERS = [*"bBhHiIlLqQnNPzZefdgFDEG?cspuw", "Ze", "Zf", "Zd", "Zg"]
STRINGS = [f"{size}{code}" for code in "s" for size in (*range(1, 17), 32, 64, 128, 256)]
NAMES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 24, 32, 64)),
    *("bfloat16", "float8_e4m3fn", "float8_e5m2", "float16", "float32", "float64"),
    *("complex64", "complex128"),
    *("bool_", "byte", "ubyte", "short", "ushort", "intc", "uintc", "int", "int_", "intp"),
    *("uint", "uintp", "long", "ulong", "longlong", "ulonglong", "half", "single", "double"),
    *("float", "longdouble", "csingle", "cdouble", "complex", "clongdouble"),
)
TYPESTRINGS = ["b1", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 3, 4, 8))]
TYPESTRINGS += ["f2", "f4", "f8", "c8", "c16"]
CANDIDATES = [
    *([prefix + letter for prefix in PREFIXES] for letter in LETTERS),
    STRINGS,
    *([name] for name in NAMES),
    *([prefix + name for prefix in ("", "<", ">", "=")] for name in TYPESTRINGS),
    *([prefix + name for prefix in "<>"] for name in ("bfloat16", "int24", "uint24")),
]
TABLES = {
    "IntFormat": int,
    "FloatFormat": float,
    "ComplexFormat": complex,
    "BoolFormat": bool,
    "BytesFormat": bytes,
    "StrFormat": str,
}


def type_of(format_string: str) -> type | None:
    """The type of an element of that format; None if the module knows no such format."""
    try:
        return type(consumer.consume(bytes(256)).cast(format_string, count=1)[0])
    except (TypeError, ValueError):
        return None


def tables() -> str:
    """The text of the tables, as the module would have them."""
    lines = []
    for name, kind in TABLES.items():
        lines.append(f"{name}: TypeAlias = Literal[\n")
        row = ""
        for group in CANDIDATES:
            for text in (f'"{each}", ' for each in group if type_of(each) is kind):
                if len(row) + len(text) > 96:
                    lines.append(f"    {row.rstrip()}\n")
                    row = ""
                row += text
        lines.append(f"    {row.rstrip()}\n]  # fmt: skip\n")
    return "".join(lines)


def main() -> None:
    text = TYPING.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    new = before + START + tables() + END + after
    if "--write" in sys.argv[1:]:
        TYPING.write_text(new, encoding="utf-8")
    elif new != text:
        sys.exit(f"{TYPING} is out of date: python {Path(__file__).name} --write")


if __name__ == "__main__":
    main()
