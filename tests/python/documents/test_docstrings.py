"""help(): slots have texts of their own, and the module shows the texts of the stub."""

import ctypes
import importlib.util
import inspect
import pydoc
import sys
import types

import consumer
import pytest

from support.paths import ROOT

SCRIPT = ROOT / "tests" / "tools" / "docstrings.py"
CLASSES = [consumer.ConsumerArray, consumer.ConsumerScalar]


def of_the_stub():
    specification = importlib.util.spec_from_file_location("docstrings", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return {
        name: text
        for name, text in module.documented().items()
        if not name.startswith("_") and (sys.version_info >= (3, 12) or "__buffer__" not in name)
    }


DOCUMENTED = of_the_stub()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_text_of_the_stub_is_that_of_the_module(name):
    documented = consumer
    for part in filter(None, name.split(".")):
        documented = vars(documented)[part]
    assert inspect.cleandoc(documented.__doc__) == DOCUMENTED[name]


def test_whatever_has_a_text_has_it_in_the_stub_too():
    unlisted = {"__new__", "__doc__", "__module__", "__class_getitem__", "__delitem__"}
    unlisted |= {
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__release_buffer__",
        "_from_flags",
        "_record",
    }
    names = {name for kind in CLASSES for name in vars(kind)} - unlisted
    assert names == {
        name.split(".")[1] for name in DOCUMENTED if name.startswith("Consumer") and "." in name
    }


@pytest.mark.parametrize("kind", CLASSES)
def test_every_slot_has_a_text_of_its_own(kind):
    others = {
        value.__doc__
        for other in (object, list, dict, memoryview, int, float, type)
        for value in vars(other).values()
        if isinstance(value, types.WrapperDescriptorType)
    }
    slots = [v for v in vars(kind).values() if isinstance(v, types.WrapperDescriptorType)]
    assert slots
    for slot in slots:
        assert slot.__doc__, slot
        assert slot.__doc__ not in others, slot
        assert next(iter(inspect.signature(slot).parameters)) == "self"


def test_other_classes_keep_their_texts():
    assert list.__len__.__doc__ == "Return len(self)."
    assert memoryview.__getitem__.__doc__ == "Return self[key]."


def test_slots_and_their_names_do_the_same():
    v = consumer.consume(bytearray(b"abc"))
    kind = type(v)
    assert kind.__getitem__(v, 1) == v.__getitem__(1) == v[1]
    assert kind.__len__(v) == v.__len__() == len(v)
    assert list(kind.__iter__(v)) == list(v)
    kind.__setitem__(v, 0, 100)
    assert kind.__eq__(v, b"dbc") is True
    assert kind.__ne__(v, b"dbc") is False
    assert kind.__contains__(v, 100) is True
    assert kind.__hash__(v.copy().toreadonly()) == hash(b"dbc")
    assert kind.__repr__(v) == repr(v)
    with pytest.raises(TypeError):
        kind.__len__(b"abc")
    number = consumer.consume(ctypes.c_double(2.5))
    assert type(number).__float__(number) == 2.5
    assert type(number).__getitem__(number, ()) == 2.5


def test_help_prints_the_class_once():
    text = pydoc.plain(pydoc.render_doc(consumer))
    assert text.count("class ConsumerArray(") == 1
    for name in ("cast", "__getitem__", "tolist"):
        lines = inspect.getdoc(vars(consumer.ConsumerArray)[name]).splitlines()
        assert text.count(lines[0]) == 1, name


@pytest.mark.parametrize("name", ["PyConsumerArray", "ConsumerScalar"])
def test_names_that_help_does_not_print_are_there(name):
    assert name not in consumer.__all__
    assert issubclass(getattr(consumer, name), consumer.ConsumerArray)
