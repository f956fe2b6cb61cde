"""Packages whose exporters show plain bytes: compressors, databases, messages, foreign memory."""

import struct
import tempfile

from matrix.row import Of, Row, items, no_buffer, tolist


def cffi_buffer(module):
    ffi = module.FFI()
    array = ffi.new("int32_t[]", [1, -2, 3])
    return Of(ffi.buffer(array), (ffi, array))


def cffi_values(source):
    ffi, array = source
    return list(ffi.cast("unsigned char *", array)[0 : ffi.sizeof(array)])


def cffi_typed(module):
    ffi = module.FFI()
    array = ffi.new("double[3]", [0.5, 1.5, -2.5])
    return Of(memoryview(ffi.buffer(array)).cast("d"), array)


def stored_value(module):
    with tempfile.TemporaryDirectory() as folder, module.open(folder) as database:
        with database.begin(write=True) as writing:
            writing.put(b"key", b"\0abc\xff")
        with database.begin(buffers=True) as reading:
            value = reading.get(b"key")
            yield Of(value, database)
            value.release()


def read_again(database):
    with database.begin() as reading:
        return list(reading.get(b"key"))


def whole_object(module):
    store = module.store.MemoryStore()
    module.put(store, "name", b"\0abc\xff")
    return module.get(store, "name").bytes()


def part_of_object(module):
    store = module.store.MemoryStore()
    module.put(store, "name", b"\0abc\xff")
    return module.get_range(store, "name", start=1, end=4)


def segments(module):
    return module.BufferWithSegments(b"abcdef", struct.pack("=QQQQ", 0, 2, 2, 4))


def packet(module):
    made = module.Packet(5)
    made.update(b"\0abc\xff")
    return made


def numbers_of_json(kind, text):
    return lambda module: module.Parser().parse(text).as_buffer(of_type=kind)


def read_from_start(buffer):
    buffer.seek(0)
    return list(buffer.read())


def bytes_of(exporter):
    """The copy that CPython makes."""
    return list(bytes(exporter))


ROWS = [
    Row("cffi buffer", "cffi", cffi_buffer, cffi_values),
    Row("cffi buffer as doubles", "cffi", cffi_typed, items),
    Row(
        "zmq.Frame", "zmq", lambda zmq: zmq.Frame(b"\0abc\xff"), lambda frame: frame.buffer.tolist()
    ),
    Row("zmq.Frame.buffer", "zmq", lambda zmq: zmq.Frame(b"abc").buffer, tolist),
    Row("lmdb value", "lmdb", stored_value, read_again),
    Row("obstore.Bytes", "obstore", whole_object, lambda found: list(found.to_bytes())),
    Row(
        "obstore.Bytes of a range", "obstore", part_of_object, lambda found: list(found.to_bytes())
    ),
    Row("cramjam.Buffer", "cramjam", lambda m: m.Buffer(b"\0abc\xff"), read_from_start),
    Row("zstandard.BufferWithSegments", "zstandard", segments, lambda b: list(b.tobytes())),
    Row(
        "zstandard.BufferSegment",
        "zstandard",
        lambda m: segments(m)[1],
        lambda s: list(s.tobytes()),
    ),
    Row(
        "zstandard.BufferSegments",
        "zstandard",
        lambda m: segments(m).segments(),
        lambda _: list(struct.pack("=QQQQ", 0, 2, 2, 4)),
    ),
    Row("msgspec.Raw", "msgspec", lambda m: m.Raw(b"[1, 2]"), bytes_of),
    Row("simdjson array as doubles", "simdjson", numbers_of_json("d", b"[1.5, -2, 0]"), bytes_of),
    Row("simdjson array as ints", "simdjson", numbers_of_json("i", b"[1, -2, 0]"), bytes_of),
    Row(
        "bitarray",
        "bitarray",
        lambda m: m.bitarray("1011000011110101"),
        lambda bits: list(bits.tobytes()),
    ),
    Row(
        "frozenbitarray",
        "bitarray",
        lambda m: m.frozenbitarray("10110000"),
        lambda bits: list(bits.tobytes()),
    ),
    Row("av.Packet", "av", packet, bytes_of),
    no_buffer("cffi array", "cffi", lambda cffi: cffi.FFI().new("int[]", 3)),
]
