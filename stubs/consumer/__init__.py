# The docstring is that of the extension, which has everything else, too: a docstring here would be
# a second one.
try:
    from .consumer import *  # noqa: F403
except ImportError as error:
    if "subinterpreter" not in str(error):
        raise
    message = (
        "consumer cannot be imported in this subinterpreter: its class exists once in a process. "
        "Import it in the main interpreter first; subinterpreters that share its GIL can import it "
        "then, and others share what they need as bytes or memoryview"
    )
    raise ImportError(message, name=error.name, path=error.path) from error

# Not bound by the import above where the extension outlived the package in `sys.modules`.
from . import consumer

__doc__ = consumer.__doc__
__all__ = consumer.__all__
# Names that are not in `__all__`, so that `help(consumer)` prints the class once.
ConsumerScalar = consumer.ConsumerScalar
PyConsumerArray = consumer.PyConsumerArray
# What pickles of views and of rows call, by these names.
_rebuild = consumer._rebuild
_row = consumer._row
