"""Bodies that run in threads of their own."""

import threading


def in_small_thread(body, stack=256 * 1024):
    """Runs `body` in a thread with a small stack; what it returns, or the exception it raised."""
    result = []

    def run():
        try:
            result.append(body())
        except Exception as error:
            # The frames of the traceback would keep what they refer to alive.
            result.append(error.with_traceback(None))

    old = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(old)
    thread.join()
    return result[0]
