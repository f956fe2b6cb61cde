"""Sweeps: random inputs of one kind of fault each, for as long as one likes.

    python tests/python/sweep.py [NAME ...] [--seconds N] [--seed N]

Each module here has a function `case(random)`, which makes one input from a `random.Random` and
raises AssertionError if the module is wrong about it, against an oracle that is not the module; and
a docstring that tells what is swept. A case is a number: the same number is the same case.
"""
