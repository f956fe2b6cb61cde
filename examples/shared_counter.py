"""Processes that count together, in memory that they share.

Each process has one place of its own in an array of 64-bit counters, so that no locks are needed;
whoever wants the total reads them all, at any time.
"""

from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory

from consumer import ConsumerArray, consume

PROCESSES = 3


def counters(memory: SharedMemory) -> ConsumerArray[int]:
    """The memory as counters: as much of it as was asked for, some systems give more."""
    assert memory.buf is not None, "closed"
    return consume(memory.buf[: 8 * PROCESSES].cast("q"))


def count_words(name: str, place: int, text: str) -> None:
    memory = SharedMemory(name)
    # The view ends with the block: memory that somebody looks at cannot be closed.
    with counters(memory) as counts:
        for _word in text.split():
            counts[place] += 1
    memory.close()


def main() -> None:
    texts = ["a view of memory", "is not a copy", "and so nothing has to be sent around"]
    memory = SharedMemory(create=True, size=8 * PROCESSES)
    try:
        context = get_context("spawn")
        processes = [
            context.Process(target=count_words, args=(memory.name, place, text))
            for place, text in enumerate(texts)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        with counters(memory) as counts:
            print("words by process:", counts)
            print("words in all:", sum(counts))
    finally:
        memory.close()
        memory.unlink()


if __name__ == "__main__":
    main()
