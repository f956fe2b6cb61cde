"""Each example runs without a warning, and prints what it is meant to show."""

import importlib.util
import re
from pathlib import Path

import pytest

from support.paths import EXAMPLES
from support.programs import run_python

NUMPY = importlib.util.find_spec("numpy") is not None

EXPECTED = {
    "tutorial.py": ["[ 1 2 3 4 5 ]", "array('i', [10, 2, 3, 4, 50])", "[ 10 2 3 4 50 ]"],
    "demo.py": [
        "[ 1 2 3 4 5 ]",
        "[ 0.5 1.5 2.5 3.5 ]",
        "[ [ 1 2 3 ]\n  [ 4 5 6 ] ]",
        "format  '>i', shape (4,), strides (4,)",
        "b'Zero-copy'",
        "[ 2 4 6 8 10 ]",
    ],
    "mmap_columns.py": [
        "temperature  1000 values from 20.0 to 26.0",
        "last row [ 99.9 25.0 991.0 ]",
        "corrected [99.9, 99.0, 991.0]",
    ],
    "shared_counter.py": ["words by process: [ 4 4 8 ]", "words in all: 16"],
    "image_rows.py": [
        "RRRRRR\n.GGG..\n.GGG..\n.....B\n",
        "RRRRRR\n.GGG..\n.GGGRR\n....RR\n",
        "bottom-up BGR ends with: 0000ff 0000ff",
    ],
    "swap_endian.py": [
        "numbers [ 1 -2 300000 2147483647 ] of format >i",
        "bytes   00000102 fffffffe 000493e0 7fffffff",
        "equal   True with format i",
    ],
    "wav_peaks.py": [
        "8000 frames, 32000 bytes, format 'h'",
        "left  peak 19888 after 0.005 s",
        "right peak 29832 after 0.995 s",
    ],
}


def run(name: str) -> str:
    done = run_python("-W", "error", EXAMPLES / name, timeout=60)
    assert done.stderr == ""
    return done.stdout


def test_every_example_is_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    output = run(name)
    for expected in EXPECTED[name]:
        assert expected in output


def test_tutorial_prints_what_the_tutorial_does() -> None:
    assert run("tutorial.py").splitlines()[0] == "[ 1 2 3 4 5 ]"


def test_demo_copies_nothing() -> None:
    output = run("demo.py")
    addresses = re.findall(r"exporter (0x[0-9a-f]+), view (0x[0-9a-f]+)", output)
    assert len(addresses) == (10 if NUMPY else 7)
    assert all(exporter == view for exporter, view in addresses)
    assert ("[ [ 0.0 3.0 ]\n  [ 1.0 4.0 ]\n  [ 2.0 5.0 ] ]" in output) == NUMPY
    assert ("[ (1+2j) (3-4j) 5j ]" in output) == NUMPY


def test_demo_does_without_numpy(tmp_path: Path) -> None:
    # A module of the same name that cannot be imported hides the real one.
    (tmp_path / "numpy.py").write_text("raise ImportError", encoding="utf-8")
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r});"
        f"demo = runpy.run_path({str(EXAMPLES / 'demo.py')!r}); demo['show_numpy']()"
    )
    done = run_python("-W", "error", "-c", code, timeout=60)
    assert done.stdout.strip() == "NumPy is not installed: no transpose, no complex numbers"
