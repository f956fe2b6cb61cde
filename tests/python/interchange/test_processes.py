"""Views between processes: what the standard library, joblib, Dask and Ray do with them.

Each test is a program of its own, which starts processes that import it again.
"""

import importlib.util

import pytest

from support.programs import run_python

SETUP = """
import array, copy, ctypes, pickle, sys
import consumer
from consumer import consume


def total(view):
    assert type(view) is consumer.ConsumerArray
    return sum(view), view.format, view.shape, view.readonly


def twice(view):
    for place, value in enumerate(view):
        view[place] = 2 * value
    return view


def views():
    data = array.array("d", range(1000))
    return [consume(data), consume(data)[::-3], consume(data).toreadonly(), consume(b"abc")]


def expected():
    return [(sum(v.tolist()), v.format, v.shape, v.readonly) for v in views()]
"""

SPAWN = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def serve(tasks, results, pipe):
    while (view := tasks.get()) is not None:
        results.put(view)
    pipe.send(pipe.recv())


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert list(pool.map(total, views())) == expected()
        assert pool.submit(twice, views()[1]).result(100).tolist() == [2 * x for x in views()[1]]
        refused = pool.submit(len, consume(ctypes.py_object(1)))
        try:
            refused.result(100)
        except TypeError as error:
            assert "cannot pickle" in str(error)
        else:
            raise AssertionError
        try:
            pool.submit(hash, consume(bytearray(3))).result(100)
        except consumer.UnhashableError as error:
            assert "writable" in str(error)
        else:
            raise AssertionError
    tasks, results = context.Queue(), context.Queue()
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(tasks, results, theirs))
    process.start()
    for view in views():
        tasks.put(view)
        arrived = results.get(timeout=100)
        assert arrived == view and arrived.readonly == view.readonly
    tasks.put(None)
    ours.send(views()[0])
    assert ours.recv() == views()[0]
    process.join(100)
    assert process.exitcode == 0
"""

JOBLIB = """
import joblib, tempfile
from pathlib import Path

if __name__ == "__main__":
    parallel = joblib.Parallel(n_jobs=2)
    assert parallel(joblib.delayed(total)(view) for view in views()) == expected()
    hashes = [joblib.hash(view) for view in views()]
    assert hashes == [joblib.hash(view) for view in views()] and len(set(hashes)) == 4
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "views"
        joblib.dump(views(), path)
        assert joblib.load(path) == views()
"""

DASK = """
import dask, dask.array, numpy
from dask.base import tokenize

if __name__ == "__main__":
    source = numpy.arange(12.0).reshape(3, 4)
    for each in (source, source.T, source[:, ::2]):
        for view in (consume(each), consume(each).toreadonly()):
            lazy = dask.array.from_array(view, chunks=2)
            assert lazy.dtype == each.dtype and lazy.shape == each.shape
            for scheduler in ("sync", "threads", "processes"):
                computed = lazy.compute(scheduler=scheduler)
                assert (numpy.asarray(computed) == each).all(), scheduler
                assert (lazy.sum().compute(scheduler=scheduler)) == each.sum()
    assert tokenize(consume(source)) == tokenize(consume(source))
    assert tokenize(consume(source)) != tokenize(consume(source.T))
"""

DISTRIBUTED = """
import numpy
from distributed import Client, LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            for view, wanted in zip(views(), expected()):
                far = client.scatter(view)
                assert client.submit(total, far).result(100)[:3] == wanted[:3]
                assert far.result() == view
            assert client.submit(total, views()[1]).result(100)[:3] == expected()[1][:3]
            large = consume(numpy.arange(1_000_000.0))
            assert client.submit(twice, client.scatter(large)).result(100)[-1] == 1_999_998
"""

RAY = """
import numpy, ray

if __name__ == "__main__":
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=10**8)
    try:
        for view in views():
            assert ray.get(ray.put(view)) == view
        large = consume(numpy.arange(1_000_000.0))
        put = ray.put(large)
        one, other = ray.get(put), ray.get(put)
        # Both are the memory that Ray shares.
        assert numpy.shares_memory(numpy.asarray(one), numpy.asarray(other))
        assert one == large and one.readonly
        assert ray.get(ray.remote(total).remote(large))[0] == sum(large)
    finally:
        ray.shutdown()
"""


def run(tmp_path, code):
    program = tmp_path / "program.py"
    program.write_text(SETUP + code, encoding="utf-8")
    run_python(program, timeout=300)


def test_spawned_processes_queues_and_pipes(tmp_path):
    run(tmp_path, SPAWN)


@pytest.mark.parametrize(
    ("packages", "code"),
    [
        (("joblib",), JOBLIB),
        (("dask", "numpy"), DASK),
        (("distributed", "numpy"), DISTRIBUTED),
        (("ray", "numpy"), RAY),
    ],
    ids=["joblib", "dask", "distributed", "ray"],
)
def test_packages(tmp_path, packages, code):
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    run(tmp_path, code)
