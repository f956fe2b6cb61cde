# ruff: noqa: ARG005
"""Allocations: a random operation with a random large argument and little memory.

It must end by a result, by MemoryError or by an ordinary exception: never by a signal, a panic or
SystemError, and in time. The oracle is that rule.
"""

import contextlib
import copy
import ctypes
import itertools
import signal
import sys

if not sys.platform.startswith("linux"):

    def case(_random):
        """Nothing: limits of the address space are Linux's."""

else:
    import consumer
    import numpy as np

    from support.limited import MB, run_limited

    def make_dtype(random, count):
        """A random dtype of a record."""
        kinds = ["u1", ">i4", "f8", "S5", "U3", "O", "V7", "(3,)u2", "S100000", "(1000,)>i2"]
        if count > 100:
            kinds = kinds[:6]
        long = "x" * random.choice([1, 1, 1, 1000, 100_000] if count <= 100 else [1, 100])
        return np.dtype([(f"{long}{index}", random.choice(kinds)) for index in range(count)])

    def make_array(random):
        """A random NumPy array, or another exporter."""
        size = random.choice([1, 10, 1000, 300_000, 2_000_000])
        kind = random.randrange(9)
        if kind == 0:
            return bytearray(size)
        if kind == 1:
            return np.zeros(size, random.choice(["u1", "i4", ">f8", "c16", "g", "?", "S1", "U1"]))
        if kind == 2:
            return np.zeros(2, f"{random.choice('SUV')}{size}")
        if kind == 3:
            return np.zeros(
                random.choice([1, 2, 50]), make_dtype(random, random.choice([1, 3, 50]))
            )
        if kind == 4:
            return np.zeros(1, make_dtype(random, random.choice([5000, 70_000])))
        if kind == 5:
            return np.zeros((1,) * random.choice([5, 30]) + (min(size, 1000),), "i4").T
        if kind == 6:
            return np.zeros(random.choice([1, 2]), [("a", random.choice("OB"), (size,))])
        if kind == 7:
            return np.broadcast_to(np.zeros(1, "u1"), (random.choice([10, 10**9]), size))
        fields = [(f"f{index}", ctypes.c_short) for index in range(random.choice([2, 500]))]
        return (type("S", (ctypes.Structure,), {"_fields_": fields}) * random.choice([1, 3]))()

    class Odd:
        """An object that is nothing, and tells so at length."""

        def __index__(self):
            raise OverflowError

        def __repr__(self):
            return "é" * 3_000_000

    def make_argument(random):
        """A random argument, often a large one."""
        size = random.choice([1, 3, 70, 10_000, 1_000_000])
        text = random.choice(["x", "é", "\udcff", "B", "1", "T{B}", " ", "B:a:", "(1,", "&", "f0"])
        item = random.choice([0, 1, -1, slice(None), ..., None, "f0", text, Odd(), 10**400, 1.5])
        return random.choice(
            [
                lambda: item,
                lambda: text * size,
                lambda: [item] * size,
                lambda: (item,) * size,
                lambda: [text * size],
                lambda: bytes(size),
                lambda: [f"f{index}" for index in range(size)],
                lambda: range(size),
                lambda: itertools.repeat(item),
                lambda: (item for _ in itertools.count()),
                lambda: f"{size}{random.choice('BsxwuOptd')}:" + "n" * size + ":",
                lambda: "".join(f"B:f{index}:" for index in range(min(size, 100_000))),
                lambda: ([item] * size,),
                lambda: np.zeros(size, "u1"),
                lambda: type("n" * size, (), {})(),
            ]
        )()

    def store(view, key, value):
        view[key] = value

    def delete(view, key):
        del view[key]

    OPERATIONS = [
        lambda v, w, x, y: v[x],
        lambda v, w, x, y: store(v, x, y),
        lambda v, w, x, y: store(v, ..., x),
        lambda v, w, x, y: store(v, ..., w),
        lambda v, w, x, y: store(v, 0, x),
        lambda v, w, x, y: store(v, slice(None, None, -1), v),
        lambda v, w, x, y: delete(v, x),
        lambda v, w, x, y: v.cast(x),
        lambda v, w, x, y: v.cast("B", x),
        lambda v, w, x, y: v.cast("B", y, order="F"),
        lambda v, w, x, y: v.cast(f"{v.nbytes}s"),
        lambda v, w, x, y: v.cast(f"{v.nbytes}s")[0],
        lambda v, w, x, y: v.cast("B" * v.nbytes)[0],
        lambda v, w, x, y: v.cast(f"({v.nbytes})B:f:")["f"],
        lambda v, w, x, y: v.transpose(x),
        lambda v, w, x, y: v.reshape(x),
        lambda v, w, x, y: v.reshape(*x),
        lambda v, w, x, y: v.astype(x),
        lambda v, w, x, y: v.astype("d", overflow="wrap"),
        lambda v, w, x, y: v.byteswap(),
        lambda v, w, x, y: v.copy(),
        lambda v, w, x, y: copy.copy(v),
        lambda v, w, x, y: v.__reduce_ex__(4),
        lambda v, w, x, y: consumer._rebuild(*v[::-1].__reduce_ex__(5)[1]),
        lambda v, w, x, y: consumer._rebuild(v, x, 1, y, "C", x, 1),
        lambda v, w, x, y: v[None, ..., x, None],
        lambda v, w, x, y: v.tobytes(),
        lambda v, w, x, y: v.tobytes("F"),
        lambda v, w, x, y: v.tolist(),
        lambda v, w, x, y: v.hex(),
        lambda v, w, x, y: v.hex(":"),
        lambda v, w, x, y: str(v),
        lambda v, w, x, y: repr(v),
        lambda v, w, x, y: v[0],
        lambda v, w, x, y: v[0, 0],
        lambda v, w, x, y: v.fields,
        lambda v, w, x, y: v[list(v.fields)],
        lambda v, w, x, y: v[next(iter(v.fields))],
        lambda v, w, x, y: v[list(v.fields)].copy().tolist(),
        lambda v, w, x, y: x in v,
        lambda v, w, x, y: v.count(x),
        lambda v, w, x, y: v.index(x),
        lambda v, w, x, y: v == w,
        lambda v, w, x, y: v == v,
        lambda v, w, x, y: v == x,
        lambda v, w, x, y: hash(v),
        lambda v, w, x, y: list(itertools.islice(v, 100)),
        lambda v, w, x, y: list(itertools.islice(reversed(v), 100)),
        lambda v, w, x, y: (v.shape, v.strides, v.suboffsets, v.format, v.nbytes, v.obj),
        lambda v, w, x, y: np.asarray(v),
        lambda v, w, x, y: v.dtype,
        lambda v, w, x, y: memoryview(v).tolist(),
        lambda v, w, x, y: consumer.consume(x),
        lambda v, w, x, y: consumer.consume(v.obj),
        lambda v, w, x, y: consumer.ConsumerArray(x),
        lambda v, w, x, y: v.T,
        lambda v, w, x, y: v.toreadonly(),
        lambda v, w, x, y: v[...],
    ]

    def interrupt(_signal, _frame):
        """The handler of the alarm."""
        raise KeyboardInterrupt

    def wrong(ending, message):
        """Whether an action must not end like that."""
        # A fault of NumPy's: out of memory, `(1, 2) == array` alone raises it.
        if ending == "SystemError" and message.startswith("<ufunc 'equal'>"):
            return False
        faults = ("signal", "hangs", "exit", "PanicException", "SystemError")
        return ending.startswith(faults)

    def case(random):
        """Runs one operation in a child."""
        view, other = (consumer.consume(make_array(random)) for _ in range(2))
        arguments = make_argument(random), make_argument(random)
        number = random.randrange(len(OPERATIONS))
        operation = OPERATIONS[number]
        slack = random.choice([0, random.randrange(MB), random.randrange(16 * MB)])
        exhaust, several = random.random() < 0.3, random.random() < 0.3
        # For what is kept. CPython 3.15 drops twice what it cannot append to a list.
        room = [None] * 1_000_000

        def action():
            # What takes long has to let a signal through.
            signal.signal(signal.SIGALRM, interrupt)
            signal.alarm(2)
            places = iter(range(len(room)))
            for size in [MB, 50_000, 2000, 400] if exhaust else []:
                with contextlib.suppress(MemoryError):
                    for place in places:
                        room[place] = bytes(size)
            for place in itertools.islice(places, 1000 if several else 1):
                room[place] = operation(view, other, *arguments)

        ending, message = run_limited(action, slack)
        assert not wrong(ending, message), (number, ending, message, view.format[:100], view.shape)
