# The docstring is that of the extension, which has everything else, too: a docstring here would be
# a second one.
try:
    from .consumer import *  # noqa: F403
except ImportError as error:
    if "subinterpreter" not in str(error):
        raise
    message = (
        "consumer cannot be imported in a subinterpreter: its class exists once in a process. "
        "Use it in the main interpreter, and share what subinterpreters need as bytes or memoryview"
    )
    raise ImportError(message, name=error.name, path=error.path) from error

# Not bound by the import above where the extension outlived the package in `sys.modules`.
from . import consumer

__doc__ = consumer.__doc__
__all__ = consumer.__all__
