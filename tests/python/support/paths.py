"""Where the files are that the tests read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCHES = ROOT / "benches"
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
