"""Lints every package of the workspace with every set of its features: what `make lint` runs.

Warnings of the compiler, of clippy and of rustdoc are errors. Besides, it checks what the packages
promise: the library links into a Rust program alone (no cdylib, which would be linked into every
extension that uses it), it brings neither NumPy nor ndarray along, and without features no Python.

What has Python in it is linted once more for interpreters without a GIL, which need not be there.

Run it at the top of the repository with PYO3_PYTHON set to the interpreter to build for.
"""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LIBRARY, MODULE = "consumer", "consumer-python"
# The versions of interpreters without a GIL that the module is built for.
WITHOUT_GIL = ("3.14", "3.15")
# What the library must not depend on: with all features, without that for it, and without any.
NEVER, NOT_FOR_PYO3, NOT_BY_DEFAULT = {"numpy"}, {"ndarray"}, {"pyo3", "pyo3-ffi"}


def cargo(*arguments: str, **environment: str) -> list[str]:
    """Runs cargo, and returns what failed: nothing, or the command."""
    command = ["cargo", *arguments]
    print("   ", *command, flush=True)
    done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    return [f"failed: {' '.join(command)}"] if done.returncode else []


def output(*arguments: str) -> str:
    """What cargo prints."""
    return subprocess.run(
        ["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def sets(features: list[str]) -> Iterator[str]:
    """Every set of features, as cargo takes it; of many features each alone, and all."""
    sizes = range(len(features) + 1) if len(features) <= 3 else (0, 1, len(features))
    for size in sizes:
        for some in itertools.combinations(features, size):
            yield ",".join(some)


def free_threaded(version: str) -> dict[str, str]:
    """The environment in which PyO3 builds for an interpreter without a GIL, as a file tells it.

    Nothing is linked. Each version has a folder of its own, so that PyO3 is built only once.
    """
    folder = Path("target") / f"lint-{version}t"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "pyo3.txt"
    config.write_text(
        f"implementation=CPython\nversion={version}\nshared=true\nabi3=false\n"
        f"lib_name=python{version}t\npointer_width=64\nbuild_flags=Py_GIL_DISABLED\n"
        "suppress_build_script_link_lines=true\n"
    )
    return {"PYO3_CONFIG_FILE": str(config.resolve()), "CARGO_TARGET_DIR": str(folder)}


def dependencies(package: str, features: str) -> set[str]:
    """The names of the crates that are linked with a package."""
    tree = output(
        *("tree", "--package", package, "--features", features),
        *("--edges", "normal", "--prefix", "none", "--format", "{p}"),
    )
    return {line.split()[0] for line in tree.splitlines() if line.strip()}


def main() -> None:
    """Runs all of it."""
    packages = json.loads(output("metadata", "--no-deps", "--format-version", "1"))["packages"]
    packages = {package["name"]: package for package in packages}
    faults = [f"there is no package {name}" for name in (LIBRARY, MODULE) if name not in packages]
    for name, allowed in ((LIBRARY, {"lib", "rlib"}), (MODULE, {"cdylib"})):
        for target in packages.get(name, {"targets": []})["targets"]:
            types = set(target["crate_types"])
            if types & {"lib", "rlib", "dylib", "cdylib", "staticlib"} and not types <= allowed:
                faults.append(f"{name} is built as {sorted(types)}, not as {sorted(allowed)} only")
    for name, package in packages.items():
        features = sorted(set(package["features"]) - {"default"})
        for some in sets(features):
            chosen = ["--quiet", "--package", name, "--no-default-features"]
            if some:
                chosen += ["--features", some]
            faults += cargo("clippy", *chosen, "--all-targets", "--", "--deny", "warnings")
            faults += cargo("doc", *chosen, "--no-deps", RUSTDOCFLAGS="--deny warnings")
    # An extension is compiled by its own profile, once for all versions of Python, too.
    for some in ("peers", "peers,abi3"):
        chosen = ["--quiet", "--manifest-path", "examples/extension/Cargo.toml", "--features", some]
        faults += cargo("fmt", "--manifest-path", "examples/extension/Cargo.toml", "--check")
        faults += cargo(
            *("clippy", *chosen, "--", "--deny", "warnings"), CARGO_TARGET_DIR="target/extension"
        )
    for version in WITHOUT_GIL:
        chosen = ["--quiet", "--workspace", "--all-features", "--all-targets"]
        print(f"    for {version} without a GIL:")
        faults += cargo("clippy", *chosen, "--", "--deny", "warnings", **free_threaded(version))
    if LIBRARY in packages:
        every = ",".join(packages[LIBRARY]["features"])
        for some, unwanted in (
            (every, NEVER),
            ("pyo3", NEVER | NOT_FOR_PYO3),
            ("", NEVER | NOT_FOR_PYO3 | NOT_BY_DEFAULT),
        ):
            found = sorted(dependencies(LIBRARY, some) & unwanted)
            if found:
                faults.append(f"{LIBRARY} with the features [{some}] depends on {found}")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
