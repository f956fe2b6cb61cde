"""Every row of the table of docs/summaries.md is true: of views, of NumPy and of Python."""

import math
import re
import statistics

import consumer
import pytest

from support.oracles import same
from support.paths import DOCS

numpy = pytest.importorskip("numpy")

TEXT = (DOCS / "summaries.md").read_text("utf-8")
TABLE = TEXT[TEXT.index("| elements |") :].split("\n\n")[0].splitlines()[2:]
ROW = re.compile(r"\| `(.+)` \| `(\w+)` \| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|")


def rows():
    for line in TABLE:
        row = ROW.fullmatch(line)
        assert row, line
        yield pytest.param(*row.groups(), id=line.split("`")[1])


def of_python(values, name):
    if name == "argmin":
        return values.index(min(values))
    if name == "max":
        return max(values)
    if name == "mean":
        return sum(values) / len(values) if isinstance(values[0], int) else statistics.fmean(values)
    return sum(values) if isinstance(values[0], int) else math.fsum(values)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(("elements", "name", "ours", "numpys", "pythons"), list(rows()))
def test_a_row_of_the_table_is_true(elements, name, ours, numpys, pythons):
    array = eval(elements, {"numpy": numpy})
    view = consumer.consume(array)
    assert same(getattr(view, name)(), eval(ours, {"nan": math.nan}))
    found = getattr(array, name)().item()
    assert same(found, eval(numpys, {"nan": math.nan, "inf": math.inf}))
    if pythons.endswith("Error"):
        with pytest.raises(OverflowError):
            of_python(array.ravel().tolist(), name)
    else:
        assert same(of_python(array.ravel().tolist(), name), eval(pythons))
