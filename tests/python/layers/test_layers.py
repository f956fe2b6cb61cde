"""The layers of the sources: what may import what, and how large files and folders may be."""

import re
from pathlib import Path

import pytest

from layers.rust_imports import Import, Package, circles

ROOT = Path(__file__).resolve().parents[3]

# The files and folders of a folder, in the order of the layers, lowest first. Each may import what
# stands on a line before its own. What stands on one line does not know of each other.
ORDER = {
    "core/src": """
        error
        fallible exceptions
        format
        element
        dtype
        form
        layout
        memory
        view
        kernels
        lib
    """,
    "src": """
        array
        python
        extension
        lib
    """,
    "src/python": """
        abi attached once version
        objects
        errors
        stack
        acquire
        mod
    """,
    "src/extension": """
        constraint element
        atomic hold
        accept
        array
        bytes like owned records untyped
        mod
    """,
    "module/src": """
        free_list gil lock reserve
        values
        arguments transfer
        object
        methods interchange
        slots
        module
        lib
    """,
}
# Who may know a crate. That the library needs neither NumPy nor ndarray is checked by `make lint`.
CRATES = {
    "pyo3": ("core/src/exceptions.rs", "src/python/", "src/extension/", "module/src/"),
    "numpy": ("module/src/",),
    "ndarray": ("src/extension/array/ndarray.rs",),
}

# What panics where there is no memory, and what is there for it instead.
PANICKING = {
    r"\bPy(Tuple|String|Bytes|List|Dict|ByteArray|Int)::new\b": "consumer::python::objects",
    r"^use pyo3::exceptions\b": "consumer::python::exceptions",
    r"\bto_string_lossy\(|\bfully_qualified_name\(": "consumer::python::objects",
}
# Who may use it all the same: what stands in for it, and what is done once, at the import.
MAY_PANIC = ("src/python/objects.rs", "src/python/errors.rs")

MAX_LINES, MAX_FILES = 400, 12
# Files that may be longer, because they are tables.
TABLES: set[str] = set()


def workspace(root: Path) -> list[Package]:
    """The packages under `root`: the core, the library, and the module over it."""
    found: list[Package] = []
    folders = {"core/src": "consumer_core", "src": "consumer", "module/src": "consumer_python"}
    for folder, crate in folders.items():
        if (root / folder).is_dir():
            found.append(Package(root, folder, crate, tuple(found)))
    return found


def entry(file: str, folder: str) -> str:
    """The file or folder in `folder` that a file is, or is in, as the orders name it."""
    return file.removeprefix(folder + "/").split("/")[0].removesuffix(".rs")


def rank(order: str, file: str, folder: str) -> int | None:
    """The line of a folder's order that a file stands on, or None if it is not listed."""
    lines = [line.split() for line in order.strip().split("\n")]
    return next((at for at, line in enumerate(lines) if entry(file, folder) in line), None)


def layer_faults(packages: list[Package], orders: dict[str, str]) -> list[str]:
    """What is wrong with the layers, a line for each fault."""
    files = {file for package in packages for file in package.files.values()}
    edges = [edge for package in packages for edge in package.imports()]
    faults = [
        f"{file}: the order of {folder}/ does not list it"
        for folder, order in orders.items()
        for file in sorted(files)
        if file.startswith(folder + "/") and rank(order, file, folder) is None
    ]
    faults += [
        f"{folder}/{name}: is listed in the order of {folder}/, but is not there"
        for folder, order in orders.items()
        for name in order.split()
        if not any(file.startswith(folder + "/") and entry(file, folder) == name for file in files)
    ]
    for edge in edges:
        for folder, order in orders.items():
            inside = edge.importer.startswith(folder + "/"), edge.imported.startswith(folder + "/")
            if edge.imported not in files or not all(inside):
                continue
            if entry(edge.importer, folder) == entry(edge.imported, folder):
                continue
            above, below = rank(order, edge.importer, folder), rank(order, edge.imported, folder)
            if above is not None and below is not None and below >= above:
                faults.append(f"{edge.importer}:{edge.line}: imports {edge.imported}, not below it")
    faults += [f"a circle: {' -> '.join(way)}" for way in circles(edges)]
    faults += [
        f"{file}:{line}: #[macro_use] hides what is imported; import macros by their paths"
        for package in packages
        for file, line in package.macro_use
    ]
    return faults


def crate_faults(edges: list[Import], crates: dict[str, tuple[str, ...]]) -> list[str]:
    """Imports of a crate by files that may not know it."""
    return [
        f"{edge.importer}:{edge.line}: imports the crate {edge.imported}"
        for edge in edges
        if edge.imported in crates and not edge.importer.startswith(crates[edge.imported])
    ]


def size_faults(packages: list[Package], tables: set[str]) -> list[str]:
    """Files that are too long, folders of too many, and tables that need be none."""
    faults, counts = [], {}
    for package in packages:
        for file, lines in package.lines.items():
            folder = file.rpartition("/")[0]
            counts[folder] = counts.get(folder, 0) + 1
            if (lines > MAX_LINES) != (file in tables):
                state = "is no longer a long table" if file in tables else "is too long"
                faults.append(f"{file}: {lines} lines, {state}")
    return faults + [
        f"{folder}/: {count} files, {MAX_FILES} at most"
        for folder, count in counts.items()
        if count > MAX_FILES
    ]


@pytest.fixture(scope="module")
def packages():
    """The packages of this tree."""
    return workspace(ROOT)


def test_nothing_is_imported_upwards_and_nothing_in_a_circle(packages):
    faults = layer_faults(packages, ORDER)
    assert not faults, "\n".join(faults)


def test_only_the_python_rooms_know_pyo3(packages):
    edges = [edge for package in packages for edge in package.imports()]
    assert any(edge.imported == "pyo3" for edge in edges), "no import of a crate was found at all"
    faults = crate_faults(edges, CRATES)
    assert not faults, "\n".join(faults)


def test_files_and_folders_stay_small(packages):
    faults = size_faults(packages, TABLES)
    assert not faults, "\n".join(faults)


def test_no_python_object_is_made_by_what_panics_without_memory(packages):
    faults = [
        f"{file}:{number}: {line.strip()}: use {instead}"
        for package in packages
        for file in package.files.values()
        if file.startswith(CRATES["pyo3"]) and file not in MAY_PANIC
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").split("\n"), 1)
        for pattern, instead in PANICKING.items()
        if re.search(pattern, line) and not line.strip().startswith("//")
    ]
    assert not faults, "\n".join(faults)


def test_the_parser_sees_most_imports(packages):
    """A parser that no longer saw imports would find every tree in order."""
    edges = [edge for package in packages for edge in package.imports()]
    files = {file for package in packages for file in package.files.values()}
    importing = {edge.importer for edge in edges if edge.imported in files}
    assert len(importing) > 0.75 * len(files), sorted(files - importing)


# --- The checks themselves, on small trees ------------------------------------------------------


@pytest.fixture
def faults(tmp_path):
    """What is wrong with a tree of files, given as `{path: source}`; lowest to highest a, b, c."""

    def check(files: dict[str, str], order: str = "a\nb\nc\nlib") -> list[str]:
        everywhere = {"src/a.rs": "", "src/b.rs": "", "src/c.rs": "", "src/lib.rs": ""}
        for name in everywhere:
            folder = name.removesuffix(".rs") + "/mod.rs"
            if folder not in files:
                files = {name: "", **files}
        for name, source in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        return layer_faults(workspace(tmp_path), {"src": order})

    return check


@pytest.mark.parametrize(
    "source",
    [
        "use crate::b::B;",
        "use super::b::B;",
        "pub(crate) use crate::b;",
        "use crate::{\n    a::A, // mine\n    b::{self as other, C},\n};",
        "use {std::fmt, crate::b};",
        "fn f() { crate::b::g() }",
        "fn f() { super::b::g::<u8>() }",
        "mod inner { use super::super::b::B; }",
        "mod inner { fn f() { super::super::b::g() } }",
        "use crate::b::dispatch;",
        "macro_rules! m { () => { $crate::b::g() } }",
        "use crate::{\n    b as\n    other};",
        'const A: &str = "{"; const B: char = \'"\'; const C: &str = r#"""#; use crate::b::B;',
        "fn f<'a>(x: &'a u8) -> u8 { b'\\'' + crate::b::g(x) }",
        "#[cfg(test)]\nmod tests { use crate::c; }\nuse crate::b::B;",
        "#[cfg(test)]\npub(crate) use crate::c::{C, D};\nuse crate::b::B;",
        "#[cfg(not(test))]\nuse crate::b;",
    ],
)
def test_an_upward_import_is_a_fault_with_both_names(faults, source):
    library = {"src/a.rs": source, "src/b.rs": "pub struct B; macro_rules! dispatch { () => {} }"}
    (fault,) = faults(library)
    line = source[: source.rindex("b")].count("\n") + 1
    assert fault == f"src/a.rs:{line}: imports src/b.rs, not below it"


@pytest.mark.parametrize(
    "source",
    [
        "use crate::a::A;",
        "// use crate::c::C;\n/* use /* crate::c */ ::C; */\n/// [`crate::c::C`]\nfn f() {}",
        'const A: &str = "use crate::c::C;"; const B: &[u8] = br##"crate::c::C"#"##;',
        "#[cfg(test)]\nmod tests { use crate::c::C; }",
        "#[cfg(all(test, unix))]\nmod tests { fn f() { crate::c::g() } }",
        "#[cfg(test)]\n#[allow(unused)]\nfn f() { crate::c::g() }",
        "#[cfg(test)]\nmod tests;",
        "pub(in crate::c) fn f() {}",
        "fn f(c: u8) -> impl Sized + use<> { c::<u8>::g() }",
        "fn f() { std::c::g(); C::new(); }",
    ],
)
def test_what_is_no_upward_import_is_no_fault(faults, source):
    tests = "use crate::c::C;" if "mod tests;" in source else ""
    assert faults({"src/b/mod.rs": source, "src/b/tests.rs": tests}) == []


def test_re_exports_lead_to_the_file_that_defines(faults):
    library = {
        "src/lib.rs": "pub use c::C; pub use b::*;",
        "src/c/mod.rs": "mod deep; pub use deep::{C, D as Other};",
        "src/c/deep.rs": "pub struct C; pub struct D;",
        "src/b.rs": "pub struct B;",
    }
    (one,) = faults({**library, "src/a.rs": "use crate::C;"})
    assert "imports src/c/deep.rs" in one
    deep, mod = faults({**library, "src/a.rs": "use crate::c; fn f(_: c::Other) {} "})
    assert "imports src/c/deep.rs" in deep
    assert "imports src/c/mod.rs" in mod
    (glob,) = faults({**library, "src/a.rs": "fn f(_: crate::B) {}"})
    assert "imports src/b.rs" in glob
    (macro,) = faults(
        {
            "src/b.rs": "#[macro_export]\nmacro_rules! exported { () => {} }",
            "src/a.rs": "use crate::exported;",
            "src/c/deep.rs": "",
        }
    )
    assert "imports src/b.rs" in macro


def test_a_circle_of_files_is_a_fault_with_its_names(faults):
    (fault,) = faults(
        {
            "src/b/mod.rs": "mod one; mod two; pub use two::Two; fn f() { one::f() }",
            "src/b/one.rs": "use super::Two; pub struct One; pub fn f() {}",
            "src/b/two.rs": "use super::one::One; pub struct Two;",
        }
    )
    assert fault == "a circle: src/b/one.rs -> src/b/two.rs -> src/b/one.rs"


def test_a_module_and_its_own_parts_are_no_circle(faults):
    assert not faults(
        {
            "src/b/mod.rs": "mod one; pub use one::One; pub struct B;",
            "src/b/one.rs": "use super::B; pub struct One(B);",
        }
    )


def test_neighbours_on_one_line_may_not_import_each_other(faults):
    (fault,) = faults({"src/b.rs": "use crate::a::A;"}, order="a b\nc\nlib")
    assert "src/b.rs:1: imports src/a.rs" in fault


def test_every_room_is_listed_and_there(faults):
    unknown, gone = faults({"src/d/mod.rs": ""}, order="a\nb\nc\nlib\nz")
    assert unknown.startswith("src/d/mod.rs: ")
    assert gone.startswith("src/z: ")


def test_macros_must_be_imported_by_path(faults):
    (fault,) = faults({"src/lib.rs": "#[macro_use]\nmod a;"})
    assert fault.startswith("src/lib.rs:1: #[macro_use]")


def test_the_module_sees_through_the_library(tmp_path):
    for name, source in {
        "src/lib.rs": "pub use a::A;",
        "src/a.rs": "pub struct A;",
        "module/src/lib.rs": "use consumer::A;\nuse pyo3::prelude::*;",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    edges = workspace(tmp_path)[1].imports()
    assert [edge.imported for edge in edges] == ["src/a.rs", "pyo3"]
    assert crate_faults(edges, {"pyo3": ("src/",)}) == [
        "module/src/lib.rs:2: imports the crate pyo3"
    ]


def test_long_files_and_full_folders_are_faults(tmp_path):
    folder = tmp_path / "src"
    folder.mkdir()
    for at in range(MAX_FILES + 1):
        (folder / f"file_{at}.rs").write_text("\n" * (MAX_LINES + (at == 0)), encoding="utf-8")
    long, full = size_faults(workspace(tmp_path), set())
    assert long == "src/file_0.rs: 401 lines, is too long"
    assert full == "src/: 13 files, 12 at most"
    stale, _ = size_faults(workspace(tmp_path), {"src/file_0.rs", "src/file_1.rs"})
    assert stale == "src/file_1.rs: 400 lines, is no longer a long table"
