"""Docstrings: the stub has them, and the sources of the module are to have the same texts.

`python tests/tools/docstrings.py` writes those of the stub into the sources, where they differ. The
tests compare them as the module shows them.
"""

import ast
import inspect
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "module" / "src"
# Texts of C, such as c"name($self, /)\n--\n\n…", and functions in #[pymethods].
TEXT_OF_C = r'(c"%s\([^\n]*\)(?:\\n|\n)--(?:\\n|\n)(?:\\n|\n)).*?(")(?=[;,\n])(?<!\\")'
ATTRIBUTES = r"((?:^    (?:#\[|// |\)\]|    )[^\n]*\n)*)"
FUNCTION = r"((?:^    ///[^\n]*\n)*)" + ATTRIBUTES + r"(^    fn %s\b)"


def documented() -> dict[str, str]:
    """The docstrings of the stub, by name; of overloads the first one that has any."""
    stub = ast.parse((ROOT / "stubs" / "consumer" / "__init__.pyi").read_text(encoding="utf-8"))
    found = {"": inspect.cleandoc(ast.get_docstring(stub) or "")}

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            text = ast.get_docstring(node)
            if text:
                found.setdefault(prefix + node.name, text)
            if isinstance(node, ast.ClassDef):
                inherited = node.name == "_Exports"
                visit(node.body, ("ConsumerArray" if inherited else node.name) + ".")

    visit(stub.body, "")
    return found


def main() -> None:
    texts = documented()
    # The values are of other classes.
    paths = [
        path for path in sorted(SOURCES.rglob("*.rs")) if SOURCES / "values" not in path.parents
    ]
    files = {path: path.read_text(encoding="utf-8") for path in paths}
    for name, text in texts.items():
        method = name.rsplit(".", 1)[-1]
        if "." not in name and name != "consume":
            continue  # Classes and the module, of which there are few.
        in_c = text.replace("\\", r"\\").replace('"', r"\"")
        lines = [f"    /// {line}".rstrip() for line in text.splitlines()]
        in_rust = "\n".join(lines) + "\n"
        for path, source in files.items():
            new = re.sub(
                TEXT_OF_C % re.escape(method),
                lambda found, in_c=in_c: found[1] + in_c + found[2],
                source,
                flags=re.DOTALL,
            )
            if "#[pymethods]\nimpl PyConsumerArray" in source:
                start = source.index("#[pymethods]\nimpl PyConsumerArray")
                new = new[:start] + re.sub(
                    FUNCTION % re.escape(method),
                    lambda found, in_rust=in_rust: in_rust + found[2] + found[3],
                    new[start:],
                    flags=re.MULTILINE,
                )
            files[path] = new
    for path, source in files.items():
        if source != path.read_text(encoding="utf-8"):
            path.write_text(source, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
