"""The Python snippets of README and docs pass mypy --strict, as users with type checkers see them.

Functions need no annotations there. What docs/memoryview.md begins with is left out, because its
rows, which the tests run, have names of their own.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIONS = [
    "--strict",
    # Packages that are installed beside, as Dask may be, do not all list what they export.
    "--implicit-reexport",
    "--allow-untyped-defs",
    "--allow-untyped-calls",
    "--check-untyped-defs",
    "--allow-any-generics",
    "--disable-error-code=import-untyped",
    "--disable-error-code=import-not-found",
]


def snippets() -> dict[str, str]:
    """Each snippet by the name of its file, on the lines that it has in the document."""
    found = {}
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = document.read_text(encoding="utf-8")
        for match in re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start(1))
            if document.stem != "memoryview":
                # typeshed has None among the values of SharedMemory.buf, which it never is.
                code = re.sub(r"(consume\(\w+\.buf\).*)", r"\1  # type: ignore[arg-type]", match[1])
                found[f"{document.stem}_{line + 1}"] = "\n" * line + code
    return found


def main() -> None:
    found = snippets()
    assert len(found) >= 3, found
    with tempfile.TemporaryDirectory() as folder:
        for name, text in found.items():
            (Path(folder) / f"{name}.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "mypy", *OPTIONS, "--config-file=", folder]
        sys.exit(subprocess.run(command, cwd=folder, check=False).returncode)


if __name__ == "__main__":
    main()
