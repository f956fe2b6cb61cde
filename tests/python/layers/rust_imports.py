"""Which file of a Rust package imports which: read off the sources, without a compiler.

An import is a path that leads to another file, in a `use` tree or anywhere else: `crate::a::B`,
`super::b`, `self::c::d`, `consumer::e`, or a path that starts with a name that a `use` brought in.
A path is followed through re-exports to the file that defines the item, so a `mod.rs` that hands on
what its children define is not itself what is imported. Macros are items like any other, provided
that they are imported by path; `#[macro_use]`, which this cannot follow, is reported.

What only tests compile (`#[cfg(test)]`) does not count. What a macro of another file expands to is
not seen, but the macro's own body is read where it stands.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

Module = tuple[str, ...]

TOKEN = re.compile(
    r"""
      (?P<skip> \s+ | //[^\n]* )
    | (?P<comment> /\* )
    | (?P<raw> (?:b|c)?r(?P<hashes>\#*)" )
    | (?P<string> (?:b|c)?"(?:\\.|[^"\\])*" | b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])' )
    | (?P<lifetime> '\w+ )
    | (?P<word> (?:r\#)?[A-Za-z_]\w* )
    | (?P<other> :: | \d\w* | . )
    """,
    re.VERBOSE | re.DOTALL,
)
OPEN, CLOSE = set("([{"), set(")]}")
DEFINES = {"fn", "struct", "enum", "union", "trait", "type", "static", "const"}


@dataclass(frozen=True)
class Import:
    """One file imports another, on a line of the first; or a crate from outside, by its name."""

    importer: str
    line: int
    imported: str


@dataclass
class Scope:
    """What is known of one module, be it a file or inline."""

    items: set[str] = field(default_factory=set)
    names: dict[str, list[str]] = field(default_factory=dict)
    globs: list[list[str]] = field(default_factory=list)


def tokens(text: str) -> list[tuple[str, int]]:
    """The tokens of a source with their lines, without comments, literals and lifetimes."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match is not None
        end = match.end()
        if match["comment"]:
            depth = 1
            while depth and (mark := re.compile(r"/\*|\*/").search(text, end)):
                depth += 1 if mark[0] == "/*" else -1
                end = mark.end()
            end = len(text) if depth else end
        elif match["raw"] is not None:
            close = text.find('"' + match["hashes"], end)
            end = len(text) if close < 0 else close + 1 + len(match["hashes"])
        elif match["word"] or match["other"]:
            found.append((match[0].removeprefix("r#"), line))
        line += text.count("\n", at, end)
        at = end
    return found


def closing(toks: list[tuple[str, int]], at: int) -> int:
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(toks)):
        depth += (toks[place][0] in OPEN) - (toks[place][0] in CLOSE)
        if depth == 0:
            return place
    return len(toks) - 1


def words(toks: list[tuple[str, int]], at: int, count: int) -> list[str]:
    """`count` tokens from `at` on, or fewer at the end."""
    return [token for token, _ in toks[at : at + count]]


def item_end(toks: list[tuple[str, int]], at: int) -> int:
    """The place behind the item that starts at `at`: behind its block, or its semicolon."""
    while words(toks, at, 2) == ["#", "["]:
        at = closing(toks, at + 1) + 1
    if words(toks, at, 1) == ["pub"]:
        at = closing(toks, at + 1) + 1 if words(toks, at + 1, 1) == ["("] else at + 1
    is_use = words(toks, at, 1) == ["use"]
    while at < len(toks):
        token = toks[at][0]
        if token == ";":
            return at + 1
        if token in OPEN:
            at = closing(toks, at)
            if token == "{" and not is_use:
                return at + 1
        at += 1
    return at


def without_tests(toks: list[tuple[str, int]]) -> tuple[list[tuple[str, int]], set[str]]:
    """The tokens without the items under `#[cfg(test)]`, and the modules that were among these."""
    kept: list[tuple[str, int]] = []
    tests: set[str] = set()
    at = 0
    while at < len(toks):
        head = "".join(words(toks, at, 9))
        if head.startswith(("#![cfg(test)]", "#![cfg(all(test,")):
            return [], tests
        if head.startswith(("#[cfg(test)]", "#[cfg(all(test,")):
            start, at = closing(toks, at + 1) + 1, item_end(toks, at)
            item = words(toks, start, at - start)
            if item[-1:] == [";"] and "mod" in item:
                tests.add(item[item.index("mod") + 1])
            continue
        kept.append(toks[at])
        at += 1
    return kept, tests


def use_tree(toks: list[tuple[str, int]]) -> list[tuple[list[str], str, int]]:
    """The paths of a `use` tree (what is between `use` and `;`), the names they get, the lines."""
    prefix: list[str] = []
    for at, (token, line) in enumerate(toks):
        if token == "{":
            end, part, leaves = closing(toks, at), at + 1, []
            for place in range(at + 1, end + 1):
                inner = toks[part:place]
                depth = sum((t in OPEN) - (t in CLOSE) for t, _ in inner)
                if (toks[place][0] == "," and depth == 0) or place == end:
                    leaves += use_tree(inner) if inner else []
                    part = place + 1
            return [
                (prefix, name if name != "self" else prefix[-1], line)
                if path == ["self"] and prefix
                else (prefix + path, name, line)
                for path, name, line in leaves
            ]
        if token == "as":
            return [(prefix, toks[at + 1][0], line)]
        if token == "$" and words(toks, at + 1, 1) != ["crate"]:
            return []
        if token not in ("::", "$"):
            prefix.append(token)
    return [(prefix, prefix[-1], toks[-1][1])] if prefix else []


class Package:
    """The files under a package's `src` folder and what they import.

    `name` is the name of the library as a `use` writes it, `packages` are those of the workspace
    that this one depends on.
    """

    def __init__(self, root: Path, src: str, name: str, packages: tuple["Package", ...] = ()):
        self.name = name
        self.packages = {package.name: package for package in packages}
        self.files: dict[Module, str] = {}
        self.lines: dict[str, int] = {}
        self.macro_use: list[tuple[str, int]] = []
        self.scopes: dict[Module, Scope] = defaultdict(Scope)
        self.paths: list[tuple[Module, list[str], int]] = []
        sources: dict[Module, list[tuple[str, int]]] = {}
        tests: set[Module] = set()
        for path in sorted((root / src).rglob("*.rs")):
            module = path.relative_to(root / src).with_suffix("").parts
            if module[-1] == "mod" or module == ("lib",):
                module = module[:-1]
            text = path.read_text(encoding="utf-8")
            self.files[module] = path.relative_to(root).as_posix()
            self.lines[self.files[module]] = text.count("\n")
            sources[module], names = without_tests(tokens(text))
            tests |= {(*module, name) for name in names}
        for module, toks in sources.items():
            if any(module[: len(test)] == test for test in tests):
                del self.files[module]
            else:
                self.scopes[module] = self.scopes[module]
                self._read(module, toks)

    def _read(self, file: Module, toks: list[tuple[str, int]]) -> None:
        """Takes down what a file defines and which paths it names."""
        module, depth, at = file, 0, 0
        inline: list[tuple[int, Module]] = []
        while at < len(toks):
            token, line = toks[at]
            following = words(toks, at + 1, 2)
            before = toks[at - 1][0] if at else ""
            scope = self.scopes[module]
            if token == "pub" and following[:1] == ["("]:
                at = closing(toks, at + 1)
            elif token == "macro_use":
                self.macro_use.append((self.files[file], line))
            elif token == "mod" and following[1:] == ["{"]:
                inline.append((depth, module))
                module = (*module, following[0])
                depth += 1
                at += 2
            elif token == "use" and following[:1] != ["<"]:
                end = next((i for i in range(at, len(toks)) if toks[i][0] == ";"), len(toks))
                for path, name, leaf in use_tree(toks[at + 1 : end]):
                    self._use(module, path, name, leaf)
                at = end
            elif token == "macro_rules" and len(following) == 2:
                scope.items.add(toks[at + 2][0])
                exported = "macro_export" in words(toks, max(at - 12, 0), min(at, 12))
                if exported and module:
                    self.scopes[()].names[toks[at + 2][0]] = ["crate", *module, toks[at + 2][0]]
            elif token in DEFINES and following and before != "*":
                scope.items.add(following[0])
            elif following[:1] == ["::"] and (before not in ("::", ".", "$") or token == "crate"):
                path = [token]
                while words(toks, at + 1, 1) == ["::"] and re.match(r"\w", toks[at + 2][0]):
                    path.append(toks[at + 2][0])
                    at += 2
                self.paths.append((module, path, line))
            elif token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if inline and inline[-1][0] == depth:
                    module = inline.pop()[1]
            at += 1

    def _use(self, module: Module, path: list[str], name: str, line: int) -> None:
        """Takes down one leaf of a `use` tree."""
        if path[-1] == "*":
            path = path[:-1]
            self.scopes[module].globs.append(path)
        elif name != "_" and path != [name]:
            self.scopes[module].names[name] = path
        if path:
            self.paths.append((module, path, line))

    def file_of(self, module: Module) -> str:
        """The file that a module, which may be inline, stands in."""
        while module and module not in self.files:
            module = module[:-1]
        return self.files[module]

    def find(self, module: Module, path: list[str], seen: frozenset = frozenset()) -> str | None:
        """The file that defines what a path in a module names, or the name of a foreign crate."""
        if (module, tuple(path)) in seen:
            return None
        seen |= {(module, tuple(path))}
        first, rest = path[0], path[1:]
        if first == "crate":
            return self._walk((), rest, seen)
        if first == "self":
            return self._walk(module, rest, seen)
        if first == "super":
            return self.find(module[:-1], ["self", *rest] if rest[:1] != ["super"] else rest, seen)
        scope = self.scopes[module]
        if first in scope.names or first in scope.items or (*module, first) in self.scopes:
            return self._walk(module, path, seen)
        if first in self.packages:
            return self.packages[first]._walk((), rest, seen)
        return self._by_glob(module, path, seen) or first

    def _walk(self, module: Module, path: list[str], seen: frozenset) -> str | None:
        """Follows a path down from a module, and through what was re-exported there."""
        for at, name in enumerate(path):
            scope = self.scopes.get(module, Scope())
            if (*module, name) in self.scopes:
                module = (*module, name)
            elif name in scope.names:
                target = [*scope.names[name], *path[at + 1 :]]
                return self.find(module, target, seen) or self.file_of(module)
            elif name in scope.items:
                break
            else:
                return self._by_glob(module, path[at:], seen) or self.file_of(module)
        return self.file_of(module)

    def _by_glob(self, module: Module, path: list[str], seen: frozenset) -> str | None:
        """The file of a path whose first name a glob brought in, if one did."""
        for glob in self.scopes.get(module, Scope()).globs:
            target = self._module(module, glob)
            if target is None or target == module or (target, tuple(path)) in seen:
                continue
            scope = self.scopes[target]
            if (
                path[0] in scope.names
                or path[0] in scope.items
                or (*target, path[0]) in self.scopes
            ):
                return self._walk(target, path, seen | {(target, tuple(path))})
        return None

    def _module(self, module: Module, path: list[str]) -> Module | None:
        """The module of this package that a path names by its own place, if it names one."""
        while path and path[0] in ("crate", "self", "super"):
            module = {"crate": (), "self": module, "super": module[:-1]}[path[0]]
            path = path[1:]
        module = (*module, *path)
        return module if module in self.scopes else None

    def imports(self) -> list[Import]:
        """Every import of a file by another, and of a foreign crate, once for each pair."""
        found: dict[tuple[str, str], Import] = {}
        for module, path, line in self.paths:
            importer, imported = self.file_of(module), self.find(module, path)
            if imported is not None and imported != importer:
                found.setdefault((importer, imported), Import(importer, line, imported))
        return sorted(found.values(), key=lambda edge: (edge.importer, edge.line, edge.imported))


def circles(edges: list[Import]) -> list[list[str]]:
    """One shortest way around for every file that is in a circle of imports, each circle once.

    A `mod.rs` may import what lies below it and be imported from there: that is how a module and
    its parts are written. So what such a file imports from below does not make a circle.
    """
    graph: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        folder, _, name = edge.importer.rpartition("/")
        if not (name in ("mod.rs", "lib.rs") and edge.imported.startswith(folder + "/")):
            graph[edge.importer].append(edge.imported)
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(graph):
        ways, seen = [[start]], set()
        while ways:
            way = ways.pop(0)
            for following in graph.get(way[-1], ()):
                if following == start:
                    found.setdefault(frozenset(way), [*way, start])
                    ways = []
                    break
                if following not in seen:
                    seen.add(following)
                    ways.append([*way, following])
    return list(found.values())
