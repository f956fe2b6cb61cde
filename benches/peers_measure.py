"""How a row of the table of peers.py is checked and measured.

A row is one operation, as a statement for us and one for each peer. What they give is compared
first. Then they are timed in turns, in one process, as loops that hold nothing but the statement,
less the time of a loop that holds nothing. The ratio is the median, over all turns, of our time
over the peer's time in the same turn, for the peer that does best: whatever else the machine is
busy with slows down both times of a turn, or spoils a few turns, and moves the median little.
"""

import gc
import importlib
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from itertools import repeat
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

Objects = dict[str, Any]
"""What a statement works on, by name."""
Sampler = Callable[[], float]
"""Measures once more how many seconds one operation takes."""


def optional(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


numpy = optional("numpy")
# Without NumPy there is nothing quick to make what these work on.
pyarrow = numpy and optional("pyarrow")
polars = numpy and optional("polars")
bottleneck = numpy and optional("bottleneck")
numkong = numpy and optional("numkong")
PACKAGES = {
    "NumPy": numpy,
    "pyarrow": pyarrow,
    "polars": polars,
    "bottleneck": bottleneck,
    "numkong": numkong,
}
"""The peers that need not be installed."""
VERSION = sys.version_info[:2]


@dataclass(frozen=True)
class Do:
    """A statement; if it is no expression, with one for what it did, to be compared."""

    statement: str
    gives: str = ""
    each: str = ""
    """What gives the object `it`, a new one for each time, before the clock starts."""

    def result(self, objects: Objects) -> object:
        scope = dict(objects)
        if self.each:
            scope["it"] = eval(self.each, scope)
        if self.gives:
            exec(self.statement, scope)
        value: Any = eval(self.gives or self.statement, scope)
        for lists in "tolist", "to_list":
            if hasattr(value, lists):
                return getattr(value, lists)()
        return value

    def sampler(self, objects: Objects, shortest: float) -> tuple[float, Sampler]:
        """The statement in a loop that takes `shortest` seconds or more, its names all local.

        With the time that it took when its length was tried out.
        """
        scope: Objects = {}
        prepare = f"    rounds = [{self.each} for _ in rounds]\n" if self.each else ""
        source = (
            f"def loop(rounds, clock, {', '.join(objects)}):\n"
            f"{prepare}"
            "    start = clock()\n"
            "    for it in rounds:\n"
            f"        {self.statement}\n"
            "    return clock() - start\n"
        )
        exec(source, scope)
        loop: Callable[..., float] = scope["loop"]
        rounds = 1
        while (taken := loop(repeat(None, rounds), perf_counter, **objects)) < shortest:
            enough = math.ceil(1.2 * rounds * shortest / max(taken, 1e-9))
            rounds = min(max(2 * rounds, enough), 100 * rounds)

        def sample() -> float:
            return loop(repeat(None, rounds), perf_counter, **objects) / rounds

        return taken / rounds, sample


@dataclass(frozen=True)
class Import(Do):
    """An import, in a new interpreter each time."""

    def result(self, objects: Objects) -> object:
        del objects
        return None

    def sampler(self, objects: Objects, shortest: float) -> tuple[float, Sampler]:
        del objects, shortest
        clock = (
            "from time import perf_counter as clock; start = clock(); {}; print(clock() - start)"
        )
        command = [sys.executable, "-c", clock.format(self.statement)]

        def sample() -> float:
            return float(subprocess.run(command, check=True, capture_output=True).stdout)

        return sample(), sample


@dataclass(frozen=True)
class Row:
    """An operation: our statement, the peers', and what makes the objects they work on.

    `target` is the ratio to reach; up to `bound`, where there is one, it is behind but will do.
    """

    name: str
    make: Callable[[int], Objects]
    ours: Do
    peers: Mapping[str, Do]
    target: float
    bound: float = 0.0
    _: KW_ONLY
    length: int = 1000
    """How many elements, where `make` has any use for that."""
    target_311: float | None = None
    """The target on 3.11, where that is another one."""
    needs: str = ""
    """The package that even our statement needs."""
    collector: bool = False
    """Whether the garbage collector runs meanwhile, as it does in programs."""

    def target_on(self, version: tuple[int, int] = VERSION) -> float:
        if self.target_311 is not None and version == (3, 11):
            return self.target_311
        return self.target

    def mark(self, ratio: float, version: tuple[int, int] = VERSION) -> str:
        """What is printed beside a ratio."""
        if ratio <= self.target_on(version):
            return ""
        return "behind" if ratio <= self.bound else "MISSED"

    def peers_without(self, missing: set[str]) -> dict[str, Do]:
        """The peers but for these packages: none if it cannot be measured without them."""
        if self.needs in missing:
            return {}
        return {peer: do for peer, do in self.peers.items() if peer not in missing}

    def here(self) -> dict[str, Do]:
        """The peers that are installed."""
        return self.peers_without({name for name, module in PACKAGES.items() if module is None})

    def check(self, most: int | None = None) -> None:
        """Whether all do the same, with `most` elements: each on objects of its own."""
        length = self.length if most is None else min(self.length, most)
        result = self.ours.result(self.make(length))
        for peer, do in self.here().items():
            if do.result(self.make(length)) != result:
                raise AssertionError(f"{self.name}: {peer} does something else")


@dataclass(frozen=True)
class Result:
    row: Row
    ours: float
    peer: str
    theirs: float
    ratio: float

    @property
    def mark(self) -> str:
        return self.row.mark(self.ratio)

    def cells(self) -> list[str]:
        target = f"{self.row.target_on():.2f}"
        times = [duration(self.ours), self.peer, duration(self.theirs)]
        return [self.row.name, *times, f"{self.ratio:.2f}", target, self.mark]


def duration(seconds: float) -> str:
    for unit, size in ("ns", 1e-9), ("µs", 1e-6):
        if seconds < 1000 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds * 1e3:.2f} ms"


@dataclass(frozen=True)
class Effort:
    """How many turns, of how many seconds for each one who takes part, and for how long in all.

    What takes longer has fewer turns, down to `least`.
    """

    turns: int
    shortest: float
    least: int
    allowance: float


FULL = Effort(15, 2e-3, 5, 3.0)
QUICK = Effort(5, 0.5e-3, 3, 0.5)
HOPELESS = 4
"""A peer that takes this many times as long as another is not the one that does best."""


def measure(row: Row, effort: Effort) -> Result:
    gc.collect()
    row.check()
    objects = row.make(row.length)
    ours_once, our_sampler = row.ours.sampler(objects, effort.shortest)
    tried = {peer: do.sampler(objects, effort.shortest) for peer, do in row.here().items()}
    fastest = min(once for once, _sampler in tried.values())
    tried = {peer: one for peer, one in tried.items() if one[0] <= HOPELESS * fastest}
    samplers = {"": our_sampler, **{peer: sampler for peer, (_once, sampler) in tried.items()}}
    _once, nothing = Do("pass").sampler(objects, effort.shortest / 2)

    # A sample is no shorter than one operation, and no shorter than asked for.
    turn = sum(
        max(once, effort.shortest) for once in (ours_once, *(once for once, _ in tried.values()))
    )
    turns = max(effort.least, min(effort.turns, int(effort.allowance / turn)))
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    if row.collector:
        gc.enable()
    for number in range(turns):
        overhead = 0.0 if isinstance(row.ours, Import) else nothing()
        # Back and forth, so that nobody always comes after the same other.
        for name in list(samplers)[:: 1 if number % 2 else -1]:
            samples[name].append(max(samplers[name]() - overhead, 1e-10))
    gc.disable()
    ours = samples.pop("")
    ratios = {
        peer: median(our / their for our, their in zip(ours, theirs, strict=True))
        for peer, theirs in samples.items()
    }
    best = max(ratios, key=lambda peer: ratios[peer])
    # Judged as it is printed.
    return Result(row, median(ours), best, median(samples[best]), round(ratios[best], 2))
