"""Random structured arrays of NumPy: packed, aligned, with gaps, nested."""

import consumer
import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from support import decoder, numpy_values
from support.ambiguity import is_ambiguous
from support.oracles import same
from support.random_records import settings

PLAIN = ["?", "i1", "u1", "<i2", ">i2", "<u4", ">i4", "<i8", ">u8", "<f2", ">f4", "<f8", ">f8"]
PLAIN += ["<c8", ">c16", "S3", "<U2", ">U2", "S1", "g"]


def dtypes(np):
    """Random structured dtypes: packed, aligned, with gaps, nested, with sub-arrays."""

    @st.composite
    def structured(draw, inner):
        count = draw(st.integers(1, 4))
        names = draw(st.permutations(["a", "b", "c c", "é", "a.b", "x"]))[:count]
        fields = []
        for name in names:
            kind = draw(st.sampled_from(PLAIN) if inner is None else inner)
            shape = draw(st.sampled_from([(), (), (2,), (2, 3), (1,)]))
            fields.append((name, kind, shape) if shape else (name, kind))
        dtype = np.dtype(fields, align=draw(st.booleans()))
        if draw(st.integers(0, 3)) == 0:
            description = {
                "names": list(dtype.names),
                "formats": [dtype.fields[name][0] for name in dtype.names],
                "offsets": [dtype.fields[name][1] + 3 * i for i, name in enumerate(dtype.names)],
                "itemsize": dtype.itemsize + 3 * count + draw(st.integers(0, 3)),
            }
            dtype = np.dtype(description)
        return dtype

    plain = structured(None)
    return plain | structured(st.sampled_from(PLAIN) | plain)


@settings
@given(st.data())
def test_structured_arrays_of_numpy(np, data):
    dtype = data.draw(dtypes(np))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    memory = generator.integers(0, 100, 6 * dtype.itemsize, "u1").tobytes()
    array = np.frombuffer(memory, dtype).copy()
    fill_texts(np, array, dtype)
    array = array.reshape(2, 3)[:, :: data.draw(st.sampled_from([1, -1, 2]))]
    try:
        form = memoryview(array).format
    except (ValueError, BufferError) as error:
        hypothesis.assume("buffer" not in str(error) and False)
    values = numpy_values.values(array)
    view = consumer.consume(array)
    assert same(view.tolist(), values), (form, dtype)
    # NumPy leaves out the padding at the end of records: there the view goes by the dtype.
    assert view.format == form or not describes(np, form, dtype)
    assert same(decoder.read(view.format, array[:1, :1].tobytes()), values[0][0])
    assert decoder.size_of(view.format) == dtype.itemsize
    assert same(numpy_values.values(np.asarray(view)), values)
    assert same(consumer.consume(memoryview(view)).tolist(), values)
    assert same(consumer.consume(memoryview(array)).tolist(), values)
    for place, name in enumerate(dtype.names):
        kind, offset = dtype.fields[name][:2]
        assert view.fields[name][1:] == (offset, kind.shape)
        assert same(view[name].tolist(), [[value[place] for value in row] for row in values])
        if kind.base.kind not in "VSU" and kind.base.char != "g":
            assert (view[name].dtype, view[name].shape) == (kind.base, array[name].shape)
            assert np.shares_memory(np.asarray(view[name]), array)
    # What is written is what NumPy reads.
    other = np.zeros_like(array)
    target = consumer.consume(other)
    for index in np.ndindex(array.shape):
        target[index] = view[index]
    written = numpy_values.values(other)
    assert same(written, values)
    # One record alone, which NumPy describes as if it were aligned.
    one = array[1, 0]
    for alone in (consumer.consume(one), consumer.consume(memoryview(one))):
        assert same(alone[()], values[1][0]), memoryview(one).format


def describes(np, form, dtype):
    """Whether NumPy reads its own format as what it is, and so does everybody else."""
    try:
        read = np.asarray(memoryview(np.zeros(2, dtype))).dtype
    except (ValueError, RuntimeError):
        return False
    by_end = decoder.parse(form, by_end=True)
    places = decoder.layout(by_end) == decoder.layout(decoder.parse(form))
    plain = places and not is_ambiguous(form, dtype.itemsize)
    return read == dtype and plain and decoder.size_of(form) == dtype.itemsize


def fill_texts(np, array, dtype):
    """Stores text, because random bytes are not valid text."""
    for name in dtype.names:
        kind = dtype.fields[name][0].base
        if kind.names is not None:
            fill_texts(np, array[name], kind)
        elif kind.kind == "U":
            array[name] = "é\N{GRINNING FACE}"
        elif kind.char == "g":
            array[name] = 2.5
