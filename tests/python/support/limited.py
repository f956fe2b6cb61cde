"""Actions with little memory: in a process of their own, whose address space is limited."""

import os
import resource
import signal
import sys
import time

MB = 1 << 20


def address_space():
    """The bytes of address space that this process has."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit(slack):
    """Leaves this process that many bytes of address space more than it has."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + slack, hard))


def run_limited(action, slack, timeout=60):
    """How an action ends in a child that has `slack` bytes left, and what its exception says.

    It ends by "result", the name of the exception, "signal N" or "hangs".
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(action, slack, writing)
    os.close(writing)
    status = _wait(child, timeout)
    with open(reading, encoding="utf-8", errors="replace") as file:
        name, _, message = file.read().partition("\n")
    if status is None:
        return "hangs", message
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}", message
    return name or f"exit {os.WEXITSTATUS(status)}", message


def _run(action, slack, writing):
    """The child: writes how the action ended, and never returns."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        everything = (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2
        limit(slack)
        ending = b"result\n"
        try:
            try:
                result = action()
                del result
            finally:
                # An alarm that the action has set is not for what comes now.
                signal.alarm(0)
        except BaseException as error:
            # What it says may be long, and is no part of the action.
            resource.setrlimit(resource.RLIMIT_AS, everything)
            ending = f"{type(error).__name__}\n{str(error)[:200]}".encode(errors="replace")
        os.write(writing, ending)
        os._exit(0)
    finally:
        os._exit(77)


def _wait(child, timeout):
    """The child's status, or None if it has to be killed."""
    end = time.monotonic() + timeout
    pause = 0.001
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def main(cases):
    """Runs the cases that the command line names, and prints a line for each."""
    for name in sys.argv[1:] or cases:
        prepare, slack = cases[name][:2]
        ending, message = run_limited(prepare(), slack)
        print(name, ending, message.replace("\n", " "), sep="\t", flush=True)
