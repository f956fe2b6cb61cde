"""The first cases of every sweep; `sweep.py` runs as many as one likes."""

import importlib
import random
import time

import pytest

import sweep

# What a sweep may take here.
SECONDS = 2

# One limits the memory of a process, and one works in the smallest stacks.
MARKS = {"allocations": [pytest.mark.process_memory], "recursion": [pytest.mark.small_stack]}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=MARKS.get(name, [])) for name in sweep.names()]
)
def test_the_first_cases_of_a_sweep_find_nothing(name):
    case = importlib.import_module(f"sweeps.{name}").case
    end = time.monotonic() + SECONDS
    for number in range(200):
        case(random.Random(number))
        if time.monotonic() > end:
            break
