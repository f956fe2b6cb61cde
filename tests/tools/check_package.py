"""Checks the installed package, with nothing but the standard library: run by check_packages.sh."""

import array
import pathlib
import sys

before = set(sys.modules)
import consumer  # noqa: E402  (what it imports is measured)

imported = {name for name in set(sys.modules) - before if name.partition(".")[0] != "consumer"}
assert not imported, f"importing it imports {imported}"

view = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
assert str(view) == "[ 1 2 3 4 5 ]", view

# Written in Python, and imported when it is asked for.
assert view.info.startswith("ConsumerArray  5 int32, 20 bytes\n"), view.info
assert "<svg" in view._repr_html_()

assert consumer.__file__ is not None
package = pathlib.Path(consumer.__file__).parent
names = {path.name for path in package.iterdir() if path.is_file()}
assert {"__init__.py", "__init__.pyi", "typing.py", "py.typed"} <= names, names
assert "class ConsumerArray" in (package / "__init__.pyi").read_text(encoding="utf-8")

files = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
size = sum(path.stat().st_size for path in files)
assert size <= 2_000_000, f"{size} bytes are installed"
