"""Many threads use one view: nothing crashes, and in the end every count is what it was.

What is counted: the exporter's references, its buffers (a bytearray can be resized again, and
cannot while one buffer is held, so that none was released twice), and the view's own buffers.
"""

import array
import contextlib
import functools
import gc
import sys
import threading
import weakref

import consumer
import pytest

THREADS = 6
ROUNDS = 60


@pytest.fixture(autouse=True)
def _switching_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(*jobs):
    """Runs the jobs at once, each in a thread, and returns the errors that they raised."""
    barrier, errors = threading.Barrier(len(jobs)), []

    def run(job):
        barrier.wait()
        try:
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def expect_free(data):
    """Checks that no buffer of the bytearray is held, and that none was released twice."""
    with memoryview(data), pytest.raises(BufferError):
        data.append(0)
    data.append(0)


def expect_not_exported(view):
    with memoryview(view), pytest.raises(BufferError, match="1 exported buffer"):
        view.release()
    view.release()


def export(view):
    with memoryview(view) as buffer:
        assert buffer.nbytes == view.nbytes
        bytes(buffer[1:3])


def share(view):
    again = consumer.consume(view)
    part = again[2:]
    again.release()
    part.tolist()
    part.release()
    part.release()


def store(view):
    view[3] = 7
    view[4:8] = b"abcd"
    view[10:] = view[:-10]
    view[...] = view
    view[20:, ...] = 5


def iterate(view):
    for backwards in (iter(view), reversed(view)):
        next(backwards)
        assert len(list(backwards)) == len(view) - 1


def reshape(view):
    rows = view.reshape(10, -1)
    assert rows.T.shape == (20, 10)
    assert sum(len(row) for row in rows) == len(view)
    rows.cast("H", (10, 10)).toreadonly().tolist()


def search(view):
    assert (5 in view) in (True, False)
    view.count(7)
    assert view[:0] == b""
    assert view == view.obj


def text(view):
    str(view)
    repr(view)
    view.hex()
    view.copy().tobytes("F")


def refer(view):
    reference = weakref.ref(view[1:])
    assert reference() is None
    with view[1:] as part:
        assert weakref.ref(part)() is part
    assert view.obj is not None
    gc.collect(0)


JOBS = [export, share, store, iterate, reshape, search, text, refer]


def repeated(job, view):
    def run():
        for _ in range(ROUNDS):
            job(view)

    return run


def test_every_use_at_once():
    data = bytearray(range(200))
    references = sys.getrefcount(data)
    view = consumer.consume(data)
    assert together(*[repeated(job, view) for job in JOBS]) == []
    assert len(data) == 200
    expect_not_exported(view)
    assert sys.getrefcount(data) == references
    expect_free(data)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.__name__)
def test_one_use_by_all(job):
    data = bytearray(range(200))
    view = consumer.consume(data)
    assert together(*[repeated(job, view)] * THREADS) == []
    expect_not_exported(view)
    expect_free(data)


def test_released_in_the_middle_of_every_use():
    for _ in range(10):
        data = bytearray(range(200))
        references = sys.getrefcount(data)
        view = consumer.consume(data)

        def release(view=view):
            # Another thread may hold a buffer of it at this moment.
            while not repr(view).startswith("<released"):
                with contextlib.suppress(BufferError):
                    view.release()

        jobs = [repeated(job, view) for job in JOBS]
        errors = together(*jobs, release, release)
        assert all(type(error) is ValueError and "released" in str(error) for error in errors)
        view.release()
        assert repr(view).startswith("<released")
        del errors, jobs, release, view
        gc.collect()
        assert sys.getrefcount(data) == references
        expect_free(data)


def test_released_by_all_at_once():
    for _ in range(30):
        data = bytearray(range(200))
        view = consumer.consume(data)
        parts = [view[start:] for start in range(THREADS)]
        releases = [view.release] * THREADS + [part.release for part in parts] * 2
        assert together(*releases) == []
        expect_free(data)


def test_the_last_part_lets_go():
    """The threads drop the last references to parts of a view."""
    for _ in range(30):
        data = bytearray(range(200))
        references = sys.getrefcount(data)
        parts = [consumer.consume(data)]
        for start in range(THREADS):
            parts.append(parts[0][start:])
        assert together(*[parts.pop] * len(parts)) == []
        assert sys.getrefcount(data) == references
        expect_free(data)


def test_one_exporter_consumed_by_all():
    data = bytearray(range(200))
    references = sys.getrefcount(data)

    def work():
        for _ in range(ROUNDS * 5):
            with consumer.consume(data) as view:
                part = view[1:]
            assert part[0] == 1

    assert together(*[work] * THREADS) == []
    assert sys.getrefcount(data) == references
    expect_free(data)


def test_an_iterator_shared_by_all_gives_every_element_once():
    numbers = array.array("i", range(5000))
    view = consumer.consume(numbers)
    iterator = iter(view)
    taken = [[] for _ in range(THREADS)]
    assert together(*[functools.partial(own.extend, iterator) for own in taken]) == []
    assert sorted(number for own in taken for number in own) == numbers.tolist()
    del iterator
    view.release()
    numbers.append(1)


def test_stores_to_different_elements_are_all_seen():
    numbers = array.array("q", bytes(8 * THREADS * 100))
    view = consumer.consume(numbers).reshape(100, THREADS)

    def work(column):
        def run():
            for row in range(100):
                view[row, column] = row * THREADS + column
            assert view[:, column].tolist() == list(range(column, 100 * THREADS, THREADS))

        return run

    assert together(*[work(column) for column in range(THREADS)]) == []
    assert numbers.tolist() == list(range(100 * THREADS))


def test_a_hash_asked_for_by_all():
    for _ in range(20):
        view = consumer.consume(b"abcdef" * 1000)
        hashes = []
        assert together(*[lambda view=view, hashes=hashes: hashes.append(hash(view))] * 4) == []
        assert set(hashes) == {hash(b"abcdef" * 1000)}
