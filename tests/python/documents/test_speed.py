"""docs/speed.md is what the benches print, and in every row all peers do the same work.

No time is asserted: a measured time is only checked against the target and mark beside it.
"""

import re
import subprocess
import sys

import peers
import peers_document
import peers_objects
import pytest
from peers_measure import Do, Result, Row

from support.paths import BENCHES, DOCS

TEXT = (DOCS / "speed.md").read_text("utf-8")
SECTION = re.compile(
    r"^## Python (\S+)\n\n<!-- measured on Python \1 -->\n(.*?)\n<!-- end of Python \1 -->$",
    re.DOTALL | re.MULTILINE,
)
SECTIONS = dict(SECTION.findall(TEXT))
TABLE = {row.name: row for row in peers.rows()}


def cells(section):
    """The cells of the rows of a section's table."""
    lines = [line for line in SECTIONS[section].splitlines() if "|" in line]
    assert lines[:2] == [peers_document.markdown_line(peers_document.HEADER), peers_document.RULE]
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines[2:])
    rows = [line[2:-2].split(" | ") for line in lines[2:]]
    assert all(len(row) == len(peers_document.HEADER) for row in rows)
    return rows


def missing(section):
    """The packages that were not there."""
    return set(re.findall(r"\bno (NumPy|pyarrow|polars)\b", SECTIONS[section]))


def test_every_table_is_in_a_section():
    assert {"3.11", "3.13"} <= SECTIONS.keys()
    before, _processors, after = peers_document.section(TEXT, peers_document.PROCESSORS)
    assert "|" not in SECTION.sub("", before + after)


def test_processors_are_compared_in_rows_of_whole_arrays():
    ratios = peers_document.columns(TEXT)
    assert ratios
    expected = {name for name in TABLE if re.search(r" \de[67]$", name)}
    for column in ratios.values():
        assert column.keys() == expected
        assert all(re.fullmatch(r"\d+\.\d\d|", ratio) for ratio in column.values())


def test_no_two_rows_have_the_same_name():
    assert len(list(peers.rows())) == len(TABLE)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_rows_are_those_of_the_benches(section):
    peers_there = {name: row.peers_without(missing(section)).keys() for name, row in TABLE.items()}
    names = [row[0] for row in cells(section)]
    assert names == [name for name in TABLE if peers_there[name]]
    assert all(row[2] in peers_there[row[0]] for row in cells(section))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_targets_are_those_of_the_benches(section):
    version = tuple(int(part) for part in section.split("."))
    expected = {name: f"{row.target_on(version):.2f}" for name, row in TABLE.items()}
    targets = {row[0]: row[5] for row in cells(section)}
    assert targets == {name: expected[name] for name in targets}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_marks_are_those_of_the_ratios(section):
    marks = []
    for name, _ours, _peer, _theirs, ratio, target, mark in cells(section):
        over, bound = float(ratio) > float(target), TABLE[name].bound
        marks.append("" if not over else "behind" if float(ratio) <= bound else "MISSED")
        assert mark == marks[-1], name
    met, behind, missed = (marks.count(mark) for mark in ("", "behind", "MISSED"))
    total = f"{len(marks)} rows: {met} reach their target, {behind} behind, {missed} MISSED."
    assert total in SECTIONS[section]


EVERY = {row.name: row for row in peers.rows(more=True)}


@pytest.mark.parametrize("row", EVERY.values(), ids=EVERY)
def test_all_peers_do_the_same(row):
    if not row.here():
        pytest.skip("none of its peers is installed")
    row.check(most=1000)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Do("a[0]"), Do("a[1]")),
        (Do("a[0] = 5", "a"), Do("a[0]", "a")),
        (Do("it.append(1)", "it", each="a[:]"), Do("it.append(2)", "it", each="a[:]")),
    ],
)
def test_what_does_something_else_is_no_peer(ours, theirs):
    row = Row("", lambda length: {"a": [*range(length)]}, ours, {"bytes": theirs}, 1.0)
    with pytest.raises(AssertionError, match="bytes does something else"):
        row.check()


@pytest.mark.parametrize(
    ("ratio", "mark"), [(0.8, ""), (0.81, "behind"), (0.9, "behind"), (0.91, "MISSED")]
)
def test_mark(ratio, mark):
    row = Row("", lambda _length: {}, Do(""), {}, 0.8, 0.9)
    assert row.mark(ratio) == mark


def test_a_target_of_its_own_for_an_old_python():
    row = Row("", lambda _length: {}, Do(""), {}, 0.8, target_311=1.0)
    assert [row.target_on((3, minor)) for minor in (11, 12, 13)] == [1.0, 0.8, 0.8]


@pytest.mark.parametrize("code", "Bbiqdf")
@pytest.mark.parametrize("length", [5, 1000, 1030])
def test_what_is_sought_is_at_the_end_or_absent(code, length, monkeypatch):
    monkeypatch.setattr(peers_objects, "BLOCK", 100)  # repeated, as in the largest sizes
    objects = peers_objects.line(code)(length)
    elements = objects["a"].tolist()
    assert len(elements) == length
    assert elements.index(objects["last"]) == length - 1
    assert objects["absent"] not in elements


def run(*arguments):
    command = [sys.executable, str(BENCHES / "peers.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_command_prints_the_rows_asked_for():
    printed = run("--quick", "--markdown", "--only", r"^v\.release|^len").stdout
    _before, header, table = printed.partition(peers_document.markdown_line(peers_document.HEADER))
    assert header
    assert re.findall(r"^\| (\S+) \|", table, re.MULTILINE) == ["v.release()", "len(v)"]


def test_a_document_is_written_as_a_whole(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text("unchanged")
    refused = run("--quick", "--only", "^len", "--write", str(document))
    assert refused.returncode
    assert "--only" in refused.stderr
    assert document.read_text() == "unchanged"


MARKS = (
    peers_document.PROCESSORS,
    peers_document.markers("3.1"),
    peers_document.markers("{}.{}".format(*sys.version_info)),
)


def result(name, ratio):
    row = Row(name, lambda _length: {}, Do(""), {}, 1.0)
    return Result(row, 1e-9 * ratio, "bytes", 1e-9, ratio)


def test_only_the_section_of_this_python_is_replaced(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text("".join("a\n{}\nold\n{}\nb\n".format(*marks) for marks in MARKS))
    peers_document.write(document, ["new", "lines"], [result("x", 2)], "a processor")
    text = document.read_text()
    inside = [peers_document.section(text, marks)[1] for marks in MARKS]
    assert inside[1] == "\nold\n"
    assert "- new\n- lines\n" in inside[2]
    assert "| x | 2.0 ns | bytes | 1.0 ns | 2.00 | 1.00 | MISSED |" in inside[2]
    assert re.sub(r"<.*?>", "", text).count("a\n") == len(MARKS)


def test_each_processor_has_a_column(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text("".join("{}\n{}\n".format(*marks) for marks in MARKS))
    few, many, more = "x 5", "x 1e6", "y 1e7"
    for name, results in (
        ("one", [result(few, 3), result(many, 1)]),
        ("two", [result(many, 2), result(more, 0.5)]),
        ("one", [result(many, 1.5)]),
    ):
        peers_document.write(document, [], results, name)
    text = document.read_text()
    columns = peers_document.columns(text)
    assert columns == {"one": {many: "1.50", more: ""}, "two": {many: "2.00", more: "0.50"}}
    assert "| operation | one | two |\n|" in text


def test_a_document_without_that_section_is_left_alone(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text("\n".join(peers_document.markers("3.1")))
    with pytest.raises(SystemExit, match="measured on Python"):
        peers_document.write(document, ["new"], [], "a processor")
    assert document.read_text() == "\n".join(peers_document.markers("3.1"))
