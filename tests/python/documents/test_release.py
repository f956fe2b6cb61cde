"""What a release says of itself in several places is the same everywhere."""

import re

import pytest

from support.paths import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"


def read(*path):
    return ROOT.joinpath(*path).read_text(encoding="utf-8")


def section(text, name):
    """The lines of a table of TOML."""
    return re.search(rf"^\[{re.escape(name)}\]\n(.*?)(?=^\[|\Z)", text, re.DOTALL | re.MULTILINE)[1]


def classified():
    found = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', read("pyproject.toml"))
    assert found
    return found


@pytest.mark.skipif(not WORKFLOWS.exists(), reason="an sdist has no workflows")
def test_every_supported_python_is_tested_and_gets_wheels():
    tested = re.search(
        r"python: (\[.*3\.11.*3\.1\dt.*\])", read(".github", "workflows", "test.yml")
    )
    tested = re.findall(r'"(3\.\d+t?)"', tested[1])
    built = re.search(r"PYTHONS: (.*)", read(".github", "workflows", "release.yml"))[1].split()
    assert tested == built
    assert [version for version in tested if not version.endswith("t")] == classified()


def test_every_supported_python_is_looked_for():
    listed = re.search(
        r"^for version in (.*); do$", read("tests", "tools", "find_pythons.sh"), re.M
    )
    found = [version for version in listed[1].split() if not version.endswith("t")]
    assert found == classified()


def test_the_oldest_python_is_the_one_required():
    assert f'requires-python = ">={classified()[0]}"' in read("pyproject.toml")


def test_the_version_is_stated_once_and_described():
    package = section(read("Cargo.toml"), "workspace.package")
    version = re.search(r'^version = "(.*)"$', package, re.MULTILINE)[1]
    for name in [("Cargo.toml",), ("module", "Cargo.toml")]:
        assert "version.workspace = true" in section(read(*name), "package")
    assert 'dynamic = ["version"]' in section(read("pyproject.toml"), "project")
    headings = re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", headings[1])


def test_the_readme_is_whole_on_another_site():
    """PyPI shows it, where relative links lead nowhere."""
    text = read("README.md")
    targets = re.findall(r"\]\(([^)]*)\)", text) + re.findall(r"^\[.*\]: (.*)$", text, re.MULTILINE)
    assert targets
    assert [target for target in targets if not target.startswith("https://")] == []
    repository = re.search(r'^repository = "(.*)"$', read("Cargo.toml"), re.MULTILINE)[1]
    own = [target for target in targets if target.startswith(repository)]
    assert own
    for target in own:
        assert ROOT.joinpath(target.removeprefix(f"{repository}/blob/main/")).exists(), target
