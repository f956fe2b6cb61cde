//! Pickles: `v.__reduce_ex__(protocol)`, and `_rebuild`, which makes a view of what that returned.
//!
//! What arrives is a view of a copy, with the same format, shape and values: contiguous, in the
//! order that the elements had if they were contiguous, and writable where the view was. From
//! protocol 5 on the elements are handed over as a `PickleBuffer` of the view, so that nothing is
//! copied where the pickler has a way of its own for buffers, as those of Dask and Ray have.
//!
//! A pickle may come from anybody: `_rebuild` takes its arguments for what they are, the buffer for
//! bytes that are checked to be just as many as format and shape say, and never for references.

use std::ffi::c_long;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};

use consumer::array::AnyArray;
use consumer::element::LongDouble;
use consumer::error::Tuple;
use consumer::form::ElementType;
use consumer::format::Format;
use consumer::layout::{Layout, Order};
use consumer::python::exceptions::{PyTypeError, PyValueError};
use consumer::python::objects;
use consumer::python::once::made_once;
use consumer::python::stack;

use crate::arguments::{self, str_argument, str_text};
use crate::object::PyConsumerArray;
use crate::object::consume::view_of;
use crate::object::duplicate::{duplicate_of, order_of};
use crate::transfer::bytes_object;
use crate::values::{format_object, record};

/// What the last argument of `_rebuild` says, added up: whether the memory is to be a copy of the
/// data, and whether records are rows.
const COPIES: isize = 1;
const NAMED: isize = 2;

/// The first protocol that has buffers.
const BUFFERS: isize = 5;

/// `v.__reduce_ex__(protocol)`
fn reduce<'py>(
    this: &Bound<'py, PyConsumerArray>,
    protocol: isize,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = this.py();
    // Formats nest, and what judges them with them.
    stack::check(py)?;
    // The user's code may run whenever an object is made, and release the view.
    let hold = this.get().hold(py)?;
    check(&hold)?;
    let (layout, order) = (hold.layout(), order_of(hold.layout()));
    // From protocol 5 on the pickler sees whether the buffer is writable, and keeps that.
    let (data, copies) = if protocol < BUFFERS {
        (bytes_object(py, &hold, order)?.into_any(), !hold.readonly())
    } else if layout.is_c_contiguous() || layout.is_f_contiguous() {
        (pickle_buffer(this)?, false)
    } else {
        (pickle_buffer(&duplicate_of(py, &hold, hold.readonly())?)?, false)
    };
    let order = if order == Order::C { "C" } else { "F" };
    let parts = [
        Ok(data),
        format_object(py, hold.format()).map(Bound::into_any),
        objects::size(py, layout.itemsize()),
        objects::sizes(py, layout.shape()).map(Bound::into_any),
        objects::string(py, order).map(Bound::into_any),
        machine_object(py).cloned(),
        objects::int(
            py,
            isize::from(copies) * COPIES + isize::from(record::is_named(&hold)) * NAMED,
        ),
    ];
    let arguments = objects::tuple(py, parts.into_iter())?.into_any();
    objects::tuple(py, [Ok(function(py)?.clone()), Ok(arguments)].into_iter())
}

/// `pickle.PickleBuffer(v)`
fn pickle_buffer<'py>(view: &Bound<'py, PyConsumerArray>) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = view.py();
    let import = || {
        let pickle = objects::import(py, "pickle")?;
        objects::attribute(&pickle, "PickleBuffer").map(Bound::unbind)
    };
    made_once(&CLASS, py, import)?.bind(py).call1((view,))
}

/// Refuses elements that a pickle cannot hold: those that their format would not be read back as.
///
/// # Errors
/// TypeError, as for any object that cannot be pickled.
fn check(array: &AnyArray) -> PyResult<()> {
    let why = if array.has_references() {
        "references to objects are no bytes; tolist() gives a list, which can be pickled"
    } else if !array.is_readable() {
        "nobody can tell what they are; tobytes() gives their bytes, which can be pickled"
    } else {
        let (layout, format) = (array.layout().clone(), array.format().clone());
        // SAFETY: the same memory, which is held.
        let again =
            unsafe { AnyArray::of_own(array.start(), layout, format, true, None) }.judged()?;
        if again.has_type_of(array) {
            return Ok(());
        }
        "the format does not tell all of what they are; pickle the parts that the program needs, \
         as tolist() or tobytes() gives them"
    };
    let format = array.format();
    let message = format!("cannot pickle ConsumerArray with elements of format '{format}': {why}");
    Err(PyTypeError::new_err(message))
}

/// What the elements of a native format depend on: the byte order, the sizes of what is not of the
/// same size everywhere, and the alignment.
fn machine() -> String {
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let (long, pointer) = (size_of::<c_long>(), size_of::<usize>());
    let (align, digits) = (align_of::<u64>(), LongDouble::MANTISSA_DIGITS);
    format!("{order}l{long}p{pointer}a{align}g{digits}")
}

/// The same as an object, which is there once, so that a pickle of many views has it once.
fn machine_object(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MACHINE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || Ok(objects::string(py, &machine())?.into_any().unbind());
    Ok(made_once(&MACHINE, py, make)?.bind(py))
}

/// Returns whether a format stands for the same elements on every machine, as far as a look at its
/// letters tells, and at the void that stands for a number.
fn is_portable(format: &[u8]) -> bool {
    let element_type = Format::parse(format).and_then(|tree| ElementType::from_format(&tree));
    let is_number = match element_type {
        Ok(ElementType::Scalar(it)) => !it.dtype.has_code() && it.dtype.size() > 1,
        _ => false,
    };
    let mut has_order = false;
    // Names stand between colons.
    let mut letters = format.split(|&byte| byte == b':').step_by(2).flatten();
    let are_portable = letters.all(|&byte| match byte {
        b'<' | b'>' | b'!' => {
            has_order = true;
            true
        }
        // Readers differ on what is in force behind a record.
        b'}' => {
            has_order = false;
            true
        }
        b'b' | b'B' | b'?' | b'c' | b's' | b'p' | b'x' => true,
        b'T' | b'{' | b'(' | b')' | b',' | b'0'..=b'9' => true,
        b'@' | b'=' | b'^' | b'g' | b'P' => false,
        _ => has_order,
    });
    are_portable && (has_order || !is_number)
}

/// Returns the function `_rebuild` of the package, by which pickles mention it.
pub(crate) fn function(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || {
        let function = wrap_pyfunction!(rebuild, py)?.into_any();
        function.setattr("__module__", "consumer")?;
        Ok(function.unbind())
    };
    Ok(made_once(&FUNCTION, py, make)?.bind(py))
}

/// Makes a view of the memory of data: what a pickle of a view calls. What the flags say,
/// [`COPIES`] and [`NAMED`] tell; a view of a copy is writable.
#[pyfunction]
#[pyo3(
    name = "_rebuild",
    signature = (data, format, itemsize, shape, order, machine, flags, /)
)]
fn rebuild<'py>(
    data: &Bound<'py, PyAny>,
    format: &Bound<'py, PyAny>,
    itemsize: &Bound<'py, PyAny>,
    shape: &Bound<'py, PyAny>,
    order: &Bound<'py, PyAny>,
    machine: &Bound<'py, PyAny>,
    flags: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let py = data.py();
    stack::check(py)?;
    let format = arguments::formats::format_text(str_argument("format", format)?)?;
    let itemsize = arguments::count(Some(itemsize), "itemsize")?.unwrap_or(0);
    let shape = lengths(shape)?;
    let order = match str_text("order", order)? {
        "C" => Order::C,
        "F" => Order::Fortran,
        _ => return Err(PyValueError::new_err("order must be 'C' or 'F'")),
    };
    let flags = arguments::clipped(flags)?;
    check_machine(str_argument("machine", machine)?, format.as_bytes())?;
    let layout = Layout::contiguous_in(&shape, itemsize, order)?;
    // All of the user's code but the exporter's has run.
    let view = view_of(data)?;
    let hold = view.get().hold(py)?;
    let given = hold.layout();
    if !given.is_c_contiguous() && !given.is_f_contiguous() {
        return Err(PyValueError::new_err("the data of a pickle must be contiguous"));
    }
    if given.nbytes() != layout.nbytes() {
        let (have, want) = (given.nbytes(), layout.nbytes());
        let message = format!(
            "shape {} of elements of {itemsize} bytes takes {want} bytes, not {have}",
            Tuple(&shape)
        );
        return Err(PyValueError::new_err(message));
    }
    if hold.has_references() {
        return Err(PyTypeError::new_err("the data of a pickle holds references to objects"));
    }
    // SAFETY: the layout covers the contiguous bytes of the view's elements, which are held, and
    // are no references.
    let array = unsafe { AnyArray::of_own(hold.start(), layout, format, hold.readonly(), None) }
        .judged()?;
    check(&array)?;
    let array = match flags & NAMED {
        0 => array,
        // SAFETY: the view's elements are held.
        _ => unsafe { record::named(py, &array)? }.unwrap_or(array),
    };
    if flags & COPIES != 0 {
        return duplicate_of(py, &array, false);
    }
    // SAFETY: as said; the hold is of the view.
    unsafe { PyConsumerArray::share(&view, array) }
}

/// Converts a shape whose lengths are not negative.
fn lengths(shape: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let mut lengths = arguments::sizes(shape, "shape")?;
    if lengths.iter().any(|&length| length < 0) {
        return Err(PyValueError::new_err("a length is negative"));
    }
    Ok(lengths.drain(..).map(isize::unsigned_abs).collect())
}

/// Refuses elements that are others on this machine than where they were pickled.
fn check_machine(theirs: &Bound<'_, PyString>, format: &[u8]) -> PyResult<()> {
    let ours = machine();
    if objects::text(theirs)? == ours || is_portable(format) {
        return Ok(());
    }
    let theirs = objects::shortened(theirs);
    Err(PyValueError::new_err(format!(
        "the elements were pickled on another kind of machine ('{theirs}', not '{ours}'), and their \
         format is native: pickle v.byteswap(), or another copy whose format begins with '<' or '>'"
    )))
}

#[pymethods]
impl PyConsumerArray {
    /// What pickle asks for, in every protocol.
    ///
    /// What arrives is a view like the one that copy.copy(v) gives. From protocol 5 on the elements
    /// travel as a pickle.PickleBuffer of the view, so that what takes buffers out of band copies
    /// nothing.
    ///
    /// TypeError for elements that are references to objects, and for those that no format
    /// describes, such as bit-fields. Elements of a native format arrive only on the same kind of
    /// machine, else ValueError; those of a format that begins with '<' or '>' on any.
    ///
    /// >>> import array, consumer, pickle
    /// >>> v = consumer.consume(array.array('d', [0.5, 1.5]))
    /// >>> pickle.loads(pickle.dumps(v)).tolist()
    /// [0.5, 1.5]
    fn __reduce_ex__<'py>(
        this: &Bound<'py, Self>,
        protocol: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        reduce(this, arguments::clipped(protocol)?)
    }

    /// What pickle asks for in its protocols before 5: the same as __reduce_ex__(4).
    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(this, 0)
    }
}
