"""Formats that describe one thing by PEP 3118, and another one to who wrote them or reads them."""

import itertools
import math

from support.decoder import Item, layout, parse, size_of, valued


def is_ambiguous(form, itemsize=None):
    """Whether it is not clear where a record within a format begins or ends.

    For some readers the prefix in front of a record says whether it is aligned, and for some the
    one where it ends. Some writers count its padding as the record's, as C does, and some write it
    after the brace, or leave it out at the end; some write prefixes that say nothing.
    """
    items, by_end = parse(form), parse(form, by_end=True)
    itemsize = size_of(form) if itemsize is None else itemsize
    is_packed = itemsize < size_of(form)
    differs = layout(by_end)[1] <= itemsize and _places(by_end, True) != _places(items, True)
    if len(items) == 1 and items[0].code == "T" and items[0].name is None:
        itemsize //= max(_count(items[0]), 1)
        within = items[0].items
    else:
        within = items
    unlike_c = not is_packed and _is_padded_unlike_c(items)
    # A long double out of place leaves a prefix in force to NumPy, which says nothing of records.
    tells_packed = next(_packed(items), None) not in ("g", "Zg")
    is_numpys = _is_numpys(within, itemsize, is_packed, tells_packed)
    return (differs and not is_packed) or unlike_c or is_numpys


def _count(item):
    return math.prod(item.shape, start=item.repeats())


def _is_padding(item):
    return item.code == "x" and item.name is None


def _replaced(items, prefix_of):
    """The same items under other prefixes."""
    inner = [None if item.items is None else _replaced(item.items, prefix_of) for item in items]
    return [
        Item(prefix_of(item), item.shape, item.count, item.code, item.name, within)
        for item, within in zip(items, inner, strict=True)
    ]


def _is_numpys(items, itemsize, is_packed, tells_packed):
    """Whether a writer without alignment, who leaves out padding at the end, meant otherwise."""
    literal = _replaced(items, lambda item: "^" if item.prefix == "@" else item.prefix)
    size = layout(literal)[1]
    if size > itemsize:
        return False
    if not is_packed:
        if not _is_aligned(items, literal, 0):
            return False
        if _places(literal) != _places(items):
            return True
    return _may_end_in_more(items, itemsize - size, tells_packed)


def _is_aligned(items, literal, before):
    """Whether what is called aligned is, where a writer without alignment puts it."""
    for item, other, start in zip(items, literal, layout(literal)[0], strict=True):
        if item.code == "T":
            if not _is_aligned(item.items, other.items, before + start):
                return False
        elif (before + start) % item.element_size()[1]:
            return False
    return True


def _packed(items):
    """The codes of what is called packed, in order."""
    for item in items:
        if item.prefix == "^":
            yield item.code
        yield from _packed(item.items or ())


def _may_end_in_more(items, behind, tells_packed):
    """Whether each of the records of a sub-array may have some of the padding behind them."""
    for position, item in enumerate(items):
        if item.code != "T":
            continue
        rest = items[position + 1 :]
        spaces = list(itertools.takewhile(_is_padding, rest))
        padding = sum(each.element_size()[0] * _count(each) for each in spaces)
        if len(spaces) == len(rest):
            padding += behind
        # Nobody who leaves the padding of records to what follows writes it in their braces or ^.
        packed = item.prefix == "^" and tells_packed
        told = packed or (item.items and _is_padding(item.items[-1]))
        count = _count(item)
        if 1 < count <= padding and not told:
            return True
        if count and _may_end_in_more(item.items, padding // count, tells_packed):
            return True
    return False


def _is_padded_unlike_c(items):
    """Whether a record has the padding of C's structures at its end, but is not of C alone."""
    for item in items:
        if item.code != "T":
            continue
        is_padded = item.element_size()[0] > layout(item.items)[1]
        if _is_padded_unlike_c(item.items) or (is_padded and set(_prefixes(item.items)) > {"@"}):
            return True
    return False


def _prefixes(items):
    yield "@"
    for item in items:
        if not _is_padding(item):
            yield item.prefix
        if item.code == "T":
            yield from _prefixes(item.items)


def _places(items, with_nothing=False):
    """Where each value lies, and how far those of a sub-array are apart.

    With the places of nothing, a sub-array of no elements has one, too.
    """
    places = []
    for item, start in zip(items, layout(items)[0], strict=True):
        count = _count(item)
        if item not in valued(items):
            continue
        if not count:
            places.extend([start] * with_nothing)
            continue
        size = item.element_size()[0]
        inside = _places(item.items, with_nothing) if item.code == "T" else size
        places.append((start, size if count > 1 else None, inside))
    return places
