"""Every row of the table of codes in docs/formats.md is true.

A line of the table that is not a row of the known kind fails, so that none is overlooked.
"""

import re
import struct
import sys

import consumer
import pytest

from support import decoder, int24, narrow_floats
from support.exporters import Exporter
from support.oracles import same
from support.paths import DOCS

TEXT = (DOCS / "formats.md").read_text("utf-8")
TABLE = TEXT[TEXT.index("| format | bytes |") :].split("\n\n")[0].splitlines()[2:]
ROW = re.compile(r"\| `([^`]+)` \| `([0-9a-f ]+)` \| `([^`]+)` \| (?:(`.*Error) )?\|")
REFUSED = re.compile(r"`([^`]+)` (TypeError|ValueError)")


def rows():
    for line in TABLE:
        row = ROW.fullmatch(line)
        assert row, line
        form, data, value, refused = row.groups()
        yield pytest.param(form, bytes.fromhex(data), eval(value), refused or "", id=form)


@pytest.mark.parametrize(("form", "data", "value", "refused"), list(rows()))
def test_a_row_of_the_table_of_codes_is_true(form, data, value, refused):
    if form[0] not in "<3T" and (sys.byteorder, struct.calcsize("P")) != ("little", 8):
        pytest.skip("the row is for 64 bits, little-endian")
    exporter = Exporter(data * 2, form.encode(), len(data), readonly=False)
    cast = consumer.consume(bytearray(data)).cast(form)
    for view in (consumer.consume(exporter), cast):
        assert same(view[0], value)
        view[0] = value
        view[1:, ...] = [value] * (len(view) - 1)
        assert view.tobytes() == data * len(view)
        wrong = REFUSED.findall(refused)
        assert len(wrong) == refused.count("Error")
        for code, error in wrong:
            with pytest.raises((TypeError, ValueError)) as caught:
                view[0] = eval(code)
            assert caught.type.__name__ == error
        assert view.tobytes()[: len(data)] == data
    if form[0] not in "&X":
        assert same(
            decoder.read(form.replace("<E", "<Ze").replace("<F", "<Zf").replace("<D", "<Zd"), data),
            value,
        )


def test_every_code_of_the_grammar_has_a_row():
    codes = {row.values[0].strip("<0123456789") for row in rows()}
    letters = set("?cbBhHiIlLqQnNefdspuwPzZx") | {"E", "F", "D", "Ze", "Zf", "Zd", "&<i", "X{}"}
    letters |= {f"x:{kind.name}:" for kind in (*narrow_floats.TYPES, *int24.TYPES)}
    assert letters <= codes
    # These are described in the text.
    for code in "gGOt":
        assert f"`{code}`" in TEXT
