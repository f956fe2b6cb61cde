"""`v.info` and what notebooks show: what they tell, that they are bounded, and never an error."""

import array
import ctypes
import html.parser
import mmap
import xml.dom.minidom

import consumer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.exporters import Exporter
from support.programs import run_python

MOST_TEXT, MOST_HTML = 12_000, 60_000
TAGS = {"div", "b", "span", "table", "tr", "td", "th", "svg", "rect", "text", "path", "pre"}


class Bits(ctypes.Structure):
    _fields_ = (("low", ctypes.c_uint8, 3), ("high", ctypes.c_uint8, 4), ("rest", ctypes.c_uint16))


class Number(ctypes.Union):
    _fields_ = (("whole", ctypes.c_int64), ("real", ctypes.c_double))


class Outer(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint8), ("number", Number), ("all", Bits * 3))


class Tags(html.parser.HTMLParser):
    """Holds that what is opened is closed, and collects the tags."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], set(), []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert not {"id", "class", "href", "src"} & {name for name, _ in attrs}
        self.seen.add(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):  # noqa: ARG002
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def shown(view):
    """The text of a view, after looking at the limits of both."""
    text, page = view.info, view._repr_html_()
    assert len(text.encode()) < MOST_TEXT
    assert len(page.encode()) < MOST_HTML
    tags = Tags(page)
    assert tags.seen <= TAGS
    for drawing in page.split("<svg")[1:]:
        xml.dom.minidom.parseString("<svg" + drawing.partition("</svg>")[0] + "</svg>")
    return text


def test_a_record_has_a_row_for_each_field_and_for_padding():
    view = consumer.consume(bytes(32)).cast("T{B:kind:3xI:id:(2)f:at:}")
    assert shown(view).splitlines() == [
        "ConsumerArray  2 records of 16 bytes, 32 bytes",
        "  memory  bytes, read-only",
        "  format  T{B:kind:3xI:id:(2)f:at:}",
        "  layout  contiguous, in a line",
        "  record  3 fields, 13 bytes of 16 used, 3 bytes padding in 1 hole (18.8 %)",
        "",
        "  offset  size  format  type               v[0]         v[1]  field",
        "       0     1  B       uint8                 0            0  kind",
        "       1     3                                                · padding",
        "       4     4  I       uint32                0            0  id",
        "       8     8  (2)f    (2)float32  [ 0.0 0.0 ]  [ 0.0 0.0 ]  at",
    ]


def test_bits_unions_and_records_within_records_have_their_places():
    lines = [line.split() for line in shown(consumer.consume((Outer * 2)())).splitlines()]
    rows = {line[-1]: line[:-1] for line in lines[6:] if line}
    for name, kind, field in (("whole", "int64", Number.whole), ("real", "float64", Number.real)):
        assert rows[name][0] == str(Outer.number.offset + field.offset)
        assert kind in rows[name]
    start = Outer.all.offset
    assert rows["low"][:3] == [str(start), "3", "bits"]
    assert rows["high"][:3] == [f"{start}:3", "4", "bits"]
    assert rows["rest"][:2] == [str(start + Bits.rest.offset), "2"]
    assert "union" in rows["number"]
    assert "(3)record" in rows["all"]


def test_the_axes_say_how_the_elements_lie(np):
    image = np.zeros((48, 80, 3), "u1")[::-1, :70]
    text = shown(consumer.consume(image))
    assert "reversed; gaps of 30 bytes" in text
    assert "C order; over 11,490 bytes" in text
    assert "Fortran order" in shown(consumer.consume(np.zeros((3, 4), order="F")))
    assert "broadcast" in shown(consumer.consume(np.broadcast_to(np.float32(1), (3, 4))))
    window = np.lib.stride_tricks.sliding_window_view(np.zeros(9, "i4"), 4)
    assert "neighbours share 12 bytes" in shown(consumer.consume(window))
    assert "no elements" in shown(consumer.consume(np.zeros((0, 4))))


def test_pointers_are_followed(nd):
    exporter = nd.ndarray([1, 2, 3, 4], shape=[2, 2], format="h", flags=nd.ND_PIL)
    text = shown(consumer.consume(exporter))
    assert "behind pointers" in text
    assert "1, 2, 3, 4" in text


def test_a_released_view_has_one_line():
    view = consumer.consume(b"abc")
    view.release()
    assert shown(view) == "ConsumerArray, released: it has no memory any more\n"


class Counts:
    """Counts how often it is looked at, and fails each time."""

    looks = 0

    def __repr__(self):
        Counts.looks += 1
        raise ZeroDivisionError("no text")


def test_only_the_elements_that_are_shown_are_looked_at():
    one = Counts()
    view = consumer.consume((ctypes.py_object * 10_000)(*[one] * 10_000))
    Counts.looks = 0
    assert "<ZeroDivisionError>" in shown(view)
    assert 0 < Counts.looks < 50


@pytest.mark.parametrize(
    "make",
    [
        lambda np: np.broadcast_to(np.int8(1), 10**8),
        lambda np: np.broadcast_to(np.int8(1), (2,) * 32),
        lambda np: np.zeros(2, [(f"channel_{n}", "f8") for n in range(65_536)]),
        lambda np: np.zeros(3, [("a", "f8", 1000), ("b", "S100000")]),
        lambda np: np.zeros(3, "S100000"),
        lambda np: np.zeros(3, [("\U0001f600" * 90 + str(n), "U90") for n in range(60)]),
        lambda np: np.full(3, "<&'>\u202e" * 9, [("&" * 50 + "<\u202e", "U60")]),
    ],
)
def test_the_report_is_bounded(np, make):
    view = consumer.consume(make(np))
    text = shown(view)
    assert "\u202e" not in text + view._repr_html_()


@pytest.mark.skipif(not hasattr(mmap, "MAP_NORESERVE"), reason="from Python 3.13 on, on Linux")
@pytest.mark.parametrize("shape", [(1 << 36,), (1 << 18, 1 << 18), (1 << 12,) * 3])
def test_elements_that_are_not_shown_cost_nothing(shape):
    """Of memory that is nowhere but in the few pages that are looked at."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE
    try:
        memory = mmap.mmap(-1, 1 << 36, flags=flags)
    except OSError as error:
        pytest.skip(f"no room for so many addresses: {error}")
    view = consumer.consume(memory).cast("B", shape)
    for part in (view, view[..., ::-3], view.T):
        shown(part)
        assert "<svg" in part._repr_html_()


def test_64_dimensions_are_bounded():
    view = consumer.consume(Exporter(b"ab", shape=(1,) * 63 + (2,)))
    assert "55 more axes" in shown(view)
    records = consumer.consume(Exporter(bytes(4), b"T{(2)B:a:}", 2, shape=(1,) * 63 + (2,)))
    assert "record" in shown(records)


def test_names_cannot_be_markup():
    name = "<script>alert(1)</script>"
    page = consumer.consume(bytes(4)).cast(f"T{{I:{name}:}}")._repr_html_()
    assert "<script" not in page
    assert any(name in text for text in Tags(page).texts)


@given(st.binary(min_size=1, max_size=40), st.integers(1, 12))
def test_there_is_a_report_of_any_format(form, size):
    shown(consumer.consume(Exporter(bytes(24 // size * size), form.replace(b"\0", b"x"), size)))


def test_views_that_hold_themselves_have_a_report():
    places = (ctypes.py_object * 2)()
    view = consumer.consume(places)
    places[0] = view
    assert "<RecursionError>" in shown(view)
    places[0] = None


def test_ipython_completes_the_names_of_fields():
    view = consumer.consume(bytes(8)).cast("T{I:id:f:x:}")
    assert view._ipython_key_completions_() == ["id", "x"]
    assert consumer.consume(b"a")._ipython_key_completions_() == []
    view.release()
    assert view._ipython_key_completions_() == []


def test_ipython_shows_the_repr():
    class Printer:
        def __init__(self):
            self.lines = [""]

        def text(self, text):
            self.lines[-1] += text

        def break_(self):
            self.lines.append("")

    for view in (consumer.consume(array.array("i", range(4))).reshape(2, 2), consumer.consume(b"")):
        printer = Printer()
        view._repr_pretty_(printer, False)
        assert "\n".join(printer.lines) == repr(view)
    printer = Printer()
    consumer.consume((ctypes.py_object * 2)(1, Counts()))._repr_pretty_(printer, False)
    assert printer.lines == ["<ConsumerArray  2 object, 16 bytes: ZeroDivisionError>"]
    printer = Printer()
    view._repr_pretty_(printer, True)
    assert printer.lines == ["<ConsumerArray ...>"]


def test_the_report_is_imported_when_it_is_asked_for():
    done = run_python(
        "-c",
        "import sys, consumer; v = consumer.consume(b'ab'); repr(v); "
        "print(any('_report' in name for name in sys.modules)); v.info; "
        "print('consumer._report' in sys.modules)",
    )
    assert done.stdout.split() == ["False", "True"]
