"""The differential fuzzer: runs cases of `differential/`, as many as the command line asks for.

    python tests/python/fuzz.py [--cases COUNT] [--seed NUMBER]

It prints the seed, and for the first case that fails the command that runs it again.
"""

import argparse
import faulthandler
import platform
import secrets
import sys
import time
import traceback

from differential.campaign import run
from differential.random_exporters import nd


def main():
    """Runs as many cases as the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**12) if arguments.seed is None else arguments.seed
    version = platform.python_version()
    print(f"Python {version}: {arguments.cases} cases from SEED={seed}", flush=True)
    if nd is None:
        print("NOTE: this Python has no _testbuffer: only exporters of our own are run", flush=True)
    faulthandler.enable()
    start = time.perf_counter()
    try:
        tally = run(arguments.cases, seed)
    except AssertionError as error:
        traceback.print_exception(error)
        return 1
    print(f"no mismatch; {time.perf_counter() - start:.0f} s;", dict(sorted(tally.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
