"""Runs the sweeps of `sweeps/`, each for the time that the command line asks for.

    python tests/python/sweep.py [NAME ...] [--seconds N] [--seed N] [--cases N]

It prints the seed, and for the first case that fails the command that runs it again. The number of
the case that is being run is in a file, for the case that it crashes the interpreter.
"""

import argparse
import faulthandler
import importlib
import os
import pkgutil
import platform
import random
import secrets
import sys
import time
import traceback
from pathlib import Path
from tempfile import gettempdir

import sweeps


def names():
    """The names of all sweeps."""
    found = (module.name for module in pkgutil.iter_modules(sweeps.__path__))
    return sorted(name for name in found if not name.startswith("test_"))


def marker_path(name):
    """The file that has the number of the case that is being run."""
    return Path(gettempdir()) / f"sweep-{name}-{platform.python_version()}.case"


def sweep(name, seed, seconds, cases):
    """Runs one sweep; whether it found nothing."""
    case = importlib.import_module(f"sweeps.{name}").case
    marker = os.open(marker_path(name), os.O_CREAT | os.O_WRONLY)
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end and (cases is None or done < cases):
        # After a crash nothing else tells which case it was.
        os.pwrite(marker, f"case {seed + done:<20}\n".encode(), 0)
        try:
            case(random.Random(seed + done))
        except Exception as error:
            traceback.print_exception(error)
            again = f"python tests/python/sweep.py {name} --seed {seed + done} --cases 1"
            print(f"{name}: failed; again: {again}", flush=True)
            return False
        done += 1
    print(f"{name}: {done} cases from SEED={seed} on, nothing found", flush=True)
    return True


def main():
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names(), []], metavar="NAME")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--cases", type=int, default=None)
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**12) if arguments.seed is None else arguments.seed
    print(f"Python {platform.python_version()}, SEED={seed}", flush=True)
    faulthandler.enable()
    found = [
        name
        for name in arguments.names or names()
        if not sweep(name, seed, arguments.seconds, arguments.cases)
    ]
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
