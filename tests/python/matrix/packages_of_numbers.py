"""Packages whose exporters show numbers and records: columns, tensors, histograms, trees."""

import io
import struct

from matrix import numpy_arrays
from matrix.row import NoBuffer, Of, Row, items, tolist
from support.numpy_values import values

# Arrow's and NumPy's names of the number types.
NUMBERS = [
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64"),
]


def numpy_of(name):
    """Two rows of numbers at the edges of a NumPy type."""
    import numpy as np

    return numpy_arrays.numbers(np, name)


def elements(array):
    """The values of what is a NumPy array, or can be seen as one by its package's own means."""
    import numpy as np

    return values(np.asarray(array))


def arrow_tensor(name, change=lambda array: array):
    return lambda module: module.Tensor.from_numpy(change(numpy_of(name)))


def tensor_values(tensor):
    return values(tensor.to_numpy())


def arrow_buffer(module):
    array = module.array([1, -2, 3, 4], module.int16())
    return Of(array.buffers()[1], array)


def signed(data):
    """The bytes as Arrow exports them, which are signed."""
    return [byte - 256 if byte > 127 else byte for byte in data]


def bytes_of_arrow(array):
    return signed(struct.pack("=4h", *array.to_pylist()))


def bytes_of_buffer(buffer):
    return signed(buffer.to_pybytes())


def nano_numbers(name):
    return lambda module: module.c_buffer([0, 1, 97], getattr(module, name)())


def nano_text(index):
    def make(module):
        return module.c_array(["a", "bc", "def"], module.string()).view().buffer(index)

    return make


def histogram(storage):
    def make(module):
        made = module.Histogram(
            module.axis.Regular(4, 0, 1), storage=getattr(module.storage, storage)()
        )
        places = [0.1, 0.3, 0.3, 0.9]
        if "Mean" in storage:
            made.fill(places, sample=[1.5, 2.5, 3.5, 4.5])
        else:
            made.fill(places)
        # The object of the extension is the exporter; the histogram around it has none.
        return Of(made._hist, made)

    return make


def histogram_values(made):
    import numpy as np

    return values(np.asarray(made.view()))


def tree(name):
    def make(module):
        import numpy as np

        data = np.arange(8.0).reshape(4, 2)
        tree = module.KDTree(data, leaf_size=1)
        place = ("data", "idx_array", "node_data", "node_bounds").index(name)
        return Of(getattr(tree, name), tree.get_arrays()[place])

    return make


def decisions(module):
    return (
        module.DecisionTreeClassifier()
        .fit([[0.0], [1.0], [2.0]], [0, 1, 0])
        .tree_.__getstate__()["nodes"]
    )


def cells(module):
    return module.grid_disk(module.latlng_to_cell(0, 0, 3), 1)


def data_set(dtype):
    def make(module):
        import numpy as np

        array = np.arange(6).astype(dtype).reshape(2, 3)
        with module.File("memory", "w", driver="core", backing_store=False) as file:
            yield file.create_dataset("data", data=array)[...]

    return make


def data_set_of_records(module):
    import numpy as np

    dtype = np.dtype([("a", ">i4"), ("b", "f8"), ("c", "S3"), ("d", "f4", (2,)), ("e", "?")])
    array = np.array([(1, 2.5, b"ab", [3, 4], True), (5, 6.5, b"", [7, 8], False)], dtype)
    with module.File("memory", "w", driver="core", backing_store=False) as file:
        yield file.create_dataset("data", data=array)[...]


def file_without_reading(module):
    with module.File("memory", "w", driver="core", backing_store=False) as file:
        yield file.create_dataset("data", data=[1, 2, 3])


def fits_image(dtype):
    def make(fits):
        import numpy as np

        file = io.BytesIO()
        fits.PrimaryHDU(np.arange(6).astype(dtype).reshape(2, 3)).writeto(file)
        file.seek(0)
        with fits.open(file, memmap=False) as units:
            yield units[0].data

    return make


def fits_table(fits):
    columns = [
        fits.Column("a", "I", array=[1, -2]),
        fits.Column("b", "3A", array=["x", "yz"]),
        fits.Column("c", "2D", array=[[1, 2], [3, 4]]),
        fits.Column("d", "L", array=[True, False]),
        fits.Column("e", "C", array=[1, 2j]),
        fits.Column("f", "3X", array=[[1, 0, 1], [0, 1, 0]]),
    ]
    file = io.BytesIO()
    fits.BinTableHDU.from_columns(columns).writeto(file)
    file.seek(0)
    with fits.open(file, memmap=False) as units:
        yield units[1].data


def masked_table(module):
    return module.Table({"a": [1, 2], "b": [1.5, 2.5], "c": ["x", "yz"]}).as_array()


def points(number, version):
    def make(module):
        header = module.LasHeader(point_format=number, version=version)
        data = module.LasData(header)
        data.x, data.y, data.z = [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]
        data.intensity = [700, 65535]
        return data.points.array

    return make


def jax_array(name):
    return lambda jnp: jnp.array([[0, 1, 2], [3, 4, 5]], dtype=getattr(jnp, name))


JAX = [
    *("bool_", "int8", "int16", "int32", "uint8", "uint16", "uint32"),
    *("float16", "float32", "complex64"),
]
JAX_REFUSED = ["int4", "uint4"]
OWN_TYPES = ["int4", "uint4"]


ROWS = [
    *(
        Row(f"pyarrow.Tensor {name}", "pyarrow", arrow_tensor(name), tensor_values)
        for name in [*NUMBERS, "float16"]
    ),
    Row(
        "pyarrow.Tensor transposed",
        "pyarrow",
        arrow_tensor("float64", lambda a: a.T),
        tensor_values,
    ),
    Row(
        "pyarrow.Tensor of one dimension",
        "pyarrow",
        arrow_tensor("int32", lambda a: a[1]),
        tensor_values,
    ),
    Row(
        "pyarrow.Buffer of bytes", "pyarrow", lambda pa: pa.py_buffer(b"\0abc\xff"), bytes_of_buffer
    ),
    Row("pyarrow.Buffer of an array", "pyarrow", arrow_buffer, bytes_of_arrow),
    Row("pyarrow.Buffer: allocated", "pyarrow", lambda pa: pa.allocate_buffer(8), bytes_of_buffer),
    *(
        Row(
            f"nanoarrow.CBuffer {name}",
            "nanoarrow",
            nano_numbers(name),
            lambda b: list(b.elements()),
        )
        for name in [*NUMBERS, "float16"]
    ),
    Row("nanoarrow offsets of strings", "nanoarrow", nano_text(1), lambda b: list(b.elements())),
    Row("nanoarrow letters of strings", "nanoarrow", nano_text(2), lambda b: list(b.elements())),
    Row(
        "nanoarrow binary of fixed size",
        "nanoarrow",
        lambda na: na.c_array([b"abc", b"\0d\0"], na.fixed_size_binary(3)).view().buffer(1),
        lambda b: list(b.elements()),
    ),
    Row(
        "nanoarrow intervals",
        "nanoarrow",
        lambda na: na.c_buffer([(1, 2, 3), (-4, 5, 6)], na.interval_month_day_nano()),
        lambda b: list(b.elements()),
    ),
    *(Row(f"jax {name}", "jax.numpy", jax_array(name), elements) for name in JAX),
    Row("jax 0-D", "jax.numpy", lambda jnp: jnp.float32(1.5), elements),
    Row("jax: no rows", "jax.numpy", lambda jnp: jnp.zeros((0, 3)), elements),
    Row("jax transposed", "jax.numpy", lambda jnp: jnp.arange(6).reshape(2, 3).T, elements),
    *(
        Row(
            f"jax {name}",
            "jax.numpy",
            jax_array(name),
            refused=NoBuffer("jax has no format for it", BufferError, "not supported"),
        )
        for name in JAX_REFUSED
    ),
    *(
        Row(
            f"ml_dtypes {name}",
            "ml_dtypes",
            lambda m, n=name: numpy_of("i1").astype(getattr(m, n)),
            refused=NoBuffer("NumPy has no format for it", ValueError, "cannot include dtype"),
        )
        for name in OWN_TYPES
    ),
    Row(
        "ml_dtypes as bits",
        "ml_dtypes",
        lambda m: numpy_of("f4").astype(m.bfloat16).view("u2"),
        elements,
    ),
    *(
        Row(f"boost_histogram {name}", "boost_histogram", histogram(name), histogram_values)
        for name in (
            "Double",
            "Int64",
            "AtomicInt64",
            "Unlimited",
            "Weight",
            "Mean",
            "WeightedMean",
        )
    ),
    *(
        Row(f"sklearn KDTree.{name}", "sklearn.neighbors", tree(name), elements)
        for name in ("data", "idx_array", "node_data", "node_bounds")
    ),
    Row("sklearn decision tree", "sklearn.tree", decisions, elements),
    Row("h3 cells", "h3.api.memview_int", cells, items),
    *(
        Row(f"pyhmmer.{name}", "pyhmmer.easel", lambda m, n=name: getattr(m, n)([1, 2, 3]), items)
        for name in ("VectorF", "VectorD", "VectorU8")
    ),
    *(
        Row(
            f"pyhmmer.{name}",
            "pyhmmer.easel",
            lambda m, n=name: getattr(m, n)([[1, 2, 3], [4, 5, 6]]),
            lambda m: [list(row) for row in m],
        )
        for name in ("MatrixF", "MatrixD", "MatrixU8")
    ),
    Row("lightmotif sequence", "lightmotif", lambda m: m.EncodedSequence("ACGTTN"), items),
    *(
        Row(f"h5py {dtype}", "h5py", data_set(dtype), elements)
        for dtype in ("i1", ">i2", "<u4", ">f8", "?")
    ),
    Row("h5py records", "h5py", data_set_of_records, elements),
    *(
        Row(f"FITS image {dtype}", "astropy.io.fits", fits_image(dtype), elements)
        for dtype in ("u1", ">i2", ">i4", ">i8", ">f4", ">f8")
    ),
    Row("FITS table", "astropy.io.fits", fits_table, elements),
    Row(
        "astropy Quantity",
        "astropy.units",
        lambda units: units.Quantity([1.5, 2.5], "m"),
        lambda q: elements(q.value),
    ),
    Row("astropy Table", "astropy.table", masked_table, elements),
    Row("astropy Column", "astropy.table", lambda m: m.Column([1, 2, 3]), tolist),
    *(
        Row(f"laspy points {number}", "laspy", points(number, version), elements)
        for number, version in (
            (0, "1.2"),
            (1, "1.2"),
            (2, "1.2"),
            (3, "1.2"),
            (6, "1.4"),
            (7, "1.4"),
            (8, "1.4"),
        )
    ),
    Row(
        "polars to NumPy",
        "polars",
        lambda pl: Of((series := pl.Series([1, -2, 3])).to_numpy(), series),
        lambda series: series.to_list(),
    ),
    Row(
        "h5py.Dataset",
        "h5py",
        file_without_reading,
        refused=NoBuffer("it would be read from a file", BufferError, "does not share", True),
    ),
]
