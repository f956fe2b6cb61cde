//! What leaves the view: lists, bytes, and copies; and the same elements in another shape.

use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::buffer::OwnMemory;
use super::class::PyConsumerArray;
use super::convert::{NewReference, PyElement, fill_list};
use super::index::index;
use super::long::{self, Pauses};
use super::objects::Objects;
use crate::array::{AnyArray, ConsumerArray, dispatch};
use crate::dtype::short_scalar;
use crate::error::Error;
use crate::format::FormatString;
use crate::kernels::copy::{self, record};
use crate::kernels::hex;
use crate::kernels::pieces::Sequence;
use crate::layout::{Layout, Order};
use crate::memory::{self, Memory};
use crate::view::RawView;

/// The elements from `pointer` on as nested lists; `pointer` is where the indices before
/// `dimension` lead. NULL with an exception where that fails. `array` is held.
fn list<T: PyElement>(
    py: Python<'_>,
    array: &ConsumerArray<T>,
    dimension: usize,
    pointer: *mut u8,
    pauses: &mut Pauses<'_>,
) -> NewReference {
    let Some(&length) = array.layout().shape().get(dimension) else {
        // SAFETY: all indices together lead to an element.
        return unsafe { T::read(py, array, pointer) };
    };
    let innermost = dimension + 1 == array.layout().ndim();
    let direct = innermost && array.layout().suboffsets().is_empty();
    let stride = array.layout().strides()[dimension];
    // SAFETY: attached; the list is new; the array is held.
    unsafe {
        let list = ffi::PyList_New(length as isize);
        if list.is_null() {
            return list;
        }
        if length > 0 && array.layout().itemsize() == 1 {
            // The objects of bytes are there already: what is left of the work is this memory. (Where
            // objects are made beside it, the advice gains nothing.)
            let items = (*list.cast::<ffi::PyListObject>()).ob_item;
            memory::advise_huge(items.cast(), length * size_of::<*mut ffi::PyObject>());
        }
        if direct {
            return T::read_line(py, array, (pointer, stride), list, length, pauses);
        }
        fill_list(list, length, pauses, |place, pauses| {
            let next = array.raw().step(pointer, dimension, place);
            self::list(py, array, dimension + 1, next, pauses)
        })
    }
}

/// The elements of a view as nested lists.
pub(super) fn list_object<'py>(
    py: Python<'py>,
    view: &PyConsumerArray,
) -> PyResult<Bound<'py, PyAny>> {
    let hold = view.hold(py)?;
    let pauses = &mut Pauses::among(py, hold.layout().len());
    let list = dispatch!(&*hold, array => list(py, array, 0, array.start(), pauses));
    // SAFETY: a new reference, or NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, list) }
}

/// Writes the elements, in an order, to adjacent bytes. `array` is held.
///
/// # Safety
/// `target` is valid for writes of the array's `nbytes`, which nobody else knows.
unsafe fn gather(py: Python<'_>, array: &AnyArray, order: Order, target: *mut u8) -> PyResult<()> {
    let (source, layout) = (array.raw(), array.layout());
    // SAFETY: as the caller says.
    unsafe {
        if !long::is_long(source) {
            return Ok(copy::gather(source, order, target)?);
        }
        let adjacent = Layout::adjacent(layout.shape(), layout.itemsize(), order)?;
        let target = RawView::new(target, &adjacent);
        long::in_pieces(py, [target, source], Sequence::Any, |[to, from], _| {
            copy::copy_nonoverlapping(to, from, 1).map(|()| true)
        })
    }
}

/// The elements in C order and this machine's byte order, in memory of their own. `array` is held.
fn to_native(py: Python<'_>, array: &AnyArray) -> PyResult<Memory> {
    let source = array.raw();
    if !long::is_long(source) {
        return Ok(array.to_native()?);
    }
    let adjacent = Layout::contiguous(source.layout().shape(), source.layout().itemsize())?;
    // SAFETY: fresh memory for as many elements, all of which are written.
    unsafe {
        Memory::written(adjacent.nbytes(), |start| {
            let target = RawView::new(start, &adjacent);
            long::in_pieces(py, [target, source], Sequence::Any, |[to, from], _| {
                array.write_native(to, from).map(|()| true)
            })
        })
    }
}

/// Copies every element of one array to the same place of another of the same type, which has no
/// objects, as if through a copy in between: the two may overlap. Both are held.
pub(super) fn assign(py: Python<'_>, target: &AnyArray, source: &AnyArray) -> PyResult<()> {
    let partial = match target {
        AnyArray::Composite(array) if !array.descriptor().is_whole() => Some(array.descriptor()),
        _ => None,
    };
    if partial.is_none() && !long::is_long(target.raw()) {
        return Ok(target.assign(source)?);
    }
    if target.readonly() {
        return Err(Error::read_only().into());
    }
    let (to, mut from) = (target.raw(), source.raw());
    copy::check_alike(to.layout(), from.layout())?;
    let adjacent = Layout::contiguous(from.layout().shape(), from.layout().itemsize())?;
    let contiguous = to.layout().is_c_contiguous() && from.layout().is_c_contiguous();
    let in_place = contiguous && partial.is_none();
    let mut apart = !copy::may_overlap(to, from);
    let between;
    // SAFETY: the memory is as large as the elements are together, and all of it is written.
    unsafe {
        if !apart && !in_place {
            between =
                Memory::written(adjacent.nbytes(), |start| gather(py, source, Order::C, start))?;
            from = RawView::new(between.start(), &adjacent);
            apart = true;
        }
    }
    // Of elements that share bytes the last one stays; of adjacent ones, which may overlap the
    // source's, none is stored over before it was copied.
    let sequence = match apart {
        true if !to.layout().overlaps_itself() => Sequence::Any,
        false if to.start() > from.start() => Sequence::Backward,
        _ => Sequence::Forward,
    };
    // SAFETY: the target is writable, and its parts are in it.
    unsafe {
        long::in_pieces(py, [to, from], sequence, |[to, from], _| {
            match partial {
                Some(form) => record::exchange_all(form, to, from)?,
                None => copy::assign_raw(to, from)?,
            }
            Ok(true)
        })
    }
}

/// The elements in an order as a bytes object. `array` is held.
pub(super) fn bytes_object<'py>(
    py: Python<'py>,
    array: &AnyArray,
    order: Order,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = array.layout().nbytes() as isize;
    // SAFETY: the bytes are new, and filled, all of them, before anybody sees them.
    unsafe {
        let bytes = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let bytes = Bound::from_owned_ptr_or_err(py, bytes)?.cast_into_unchecked::<PyBytes>();
        let target = ffi::PyBytes_AsString(bytes.as_ptr()).cast();
        memory::advise_huge(target, size as usize);
        gather(py, array, order, target)?;
        Ok(bytes)
    }
}

/// The bytes of a view whose elements are adjacent and not many: a new reference, or NULL with an
/// exception. `None` for all else.
#[inline]
pub(super) fn adjacent_bytes(py: Python<'_>, view: &PyConsumerArray) -> Option<NewReference> {
    let access = view.try_access(py)?;
    let length = access.layout().adjacent_len().filter(|_| !long::is_long(access.raw()))?;
    let size = (length * access.layout().itemsize()) as isize;
    // SAFETY: the elements are as many adjacent bytes, which are copied before any code runs.
    Some(unsafe { ffi::PyBytes_FromStringAndSize(access.start().cast(), size) })
}

/// Fewer bytes are written in no time, and without a look at whether they are few.
const SHORT: usize = 1 << 16;

/// Two hexadecimal digits for each of some bytes, as a str.
///
/// # Safety
/// `start` is valid for reads of `length` bytes, which are held.
unsafe fn hex_object<'py>(
    py: Python<'py>,
    start: *const u8,
    length: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let size = length.checked_mul(2).and_then(|size| isize::try_from(size).ok());
    let size = size.ok_or_else(|| PyMemoryError::new_err("a str longer than memory"))?;
    // SAFETY: the bytes are as the caller says. The str is new, of ASCII, and filled, all of it,
    // before anybody sees it.
    unsafe {
        let text = Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(size, 127))?;
        if size > 0 {
            let target = ffi::PyUnicode_DATA(text.as_ptr()).cast::<u8>();
            if length < SHORT {
                hex::encode_to(start, length, target);
                return Ok(text);
            }
            memory::advise_huge(target, size as usize);
            let layout = Layout::line(length, 1, 1)?;
            let bytes = RawView::new(start.cast_mut(), &layout);
            long::in_pieces(py, [bytes], Sequence::Forward, |[part], before| {
                let (count, target) = (part.layout().len(), target.wrapping_add(2 * before));
                hex::encode_to(part.start(), count, target);
                Ok(true)
            })?;
        }
        Ok(text)
    }
}

/// The order that a name stands for: `A` is Fortran's where the elements lie so, else C's.
pub(super) fn order(name: Option<&str>, layout: &Layout) -> PyResult<Order> {
    match name {
        None | Some("C") => Ok(Order::C),
        Some("F") => Ok(Order::Fortran),
        Some("A") if layout.is_f_contiguous() && !layout.is_c_contiguous() => Ok(Order::Fortran),
        Some("A") => Ok(Order::C),
        Some(_) => Err(PyValueError::new_err("order must be 'C', 'F' or 'A'")),
    }
}

/// The numbers of a call such as `reshape(2, 3)` or `reshape((2, 3))`.
fn numbers(arguments: &Bound<'_, PyTuple>) -> PyResult<Vec<isize>> {
    if let Ok(only) = arguments.get_item(0)
        && arguments.len() == 1
        // SAFETY: the object is alive.
        && unsafe { ffi::PyIndex_Check(only.as_ptr()) } == 0
    {
        return only.try_iter()?.map(|number| index(&number?)).collect();
    }
    arguments.iter().map(|number| index(&number)).collect()
}

/// The format of one letter that the elements have in this machine's byte order, if that says all.
fn native_letter(array: &AnyArray) -> Option<FormatString> {
    let (native, format) = array.native_scalar()?;
    (short_scalar(format.as_bytes()) == Some(native)).then_some(format)
}

/// A copy over memory of its own. `array` is held.
pub(super) fn owned<'py>(
    py: Python<'py>,
    array: &AnyArray,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let memory = to_native(py, array)?;
    if let Some(format) = native_letter(array) {
        let layout = Layout::contiguous(array.layout().shape(), array.layout().itemsize())?;
        return PyConsumerArray::over_scalars(py, memory, layout, format);
    }
    let start = memory.start();
    let memory = match array {
        AnyArray::Composite(composite) if array.has_objects() => {
            let (form, itemsize) = (composite.descriptor().clone(), array.layout().itemsize());
            // SAFETY: a copy of the elements of a view that is held.
            OwnMemory::Objects(unsafe { Objects::own(memory, form, itemsize) })
        }
        _ => OwnMemory::Plain(memory),
    };
    // SAFETY: the memory holds the elements in this machine's byte order, and is the view's own.
    unsafe { PyConsumerArray::over(py, memory, array.native_at(start)?) }
}

#[pymethods]
impl PyConsumerArray {
    /// The elements as a list, nested as deep as there are dimensions; of a view of no dimensions,
    /// its one element.
    ///
    /// >>> import array, consumer
    /// >>> consumer.consume(array.array("i", range(6))).reshape(2, 3).tolist()
    /// [[0, 1, 2], [3, 4, 5]]
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        list_object(py, self)
    }

    /// The bytes of the elements, as they lie in memory, one after the other in an order: 'C' (the
    /// last index changes fastest), 'F' (the first one does), or 'A' (Fortran order where the
    /// elements lie so, else C order).
    #[pyo3(signature = (order = Some("C")), text_signature = "($self, /, order='C')")]
    fn tobytes<'py>(&self, py: Python<'py>, order: Option<&str>) -> PyResult<Bound<'py, PyBytes>> {
        let hold = self.hold(py)?;
        let order = self::order(order, hold.layout())?;
        bytes_object(py, &hold, order)
    }

    /// The bytes of the elements, in C order, as a str of two hexadecimal digits each. sep is a
    /// character that separates them into groups of bytes_per_sep bytes, counted from the right
    /// where that is positive, as in bytes.hex.
    ///
    /// >>> import consumer
    /// >>> consumer.consume(b'\xb9\x01\xef').hex(':')
    /// 'b9:01:ef'
    #[pyo3(
        signature = (*arguments, **names),
        text_signature = "($self, /, sep=<unrepresentable>, bytes_per_sep=1)"
    )]
    fn hex<'py>(
        &self,
        py: Python<'py>,
        arguments: &Bound<'py, PyTuple>,
        names: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let hold = self.hold(py)?;
        let plain = arguments.is_empty() && names.is_none();
        if plain && hold.layout().is_c_contiguous() {
            // SAFETY: the elements are adjacent, and held.
            return unsafe { hex_object(py, hold.start(), hold.layout().nbytes()) };
        }
        let bytes = bytes_object(py, &hold, Order::C)?;
        if plain {
            let bytes = bytes.as_bytes();
            // SAFETY: a slice of the object's bytes.
            return unsafe { hex_object(py, bytes.as_ptr(), bytes.len()) };
        }
        // The rules for separators are those of bytes, errors included.
        bytes.call_method("hex", arguments, names)
    }

    /// A copy: a writable view over memory of its own, with the elements in this machine's byte
    /// order, adjacent in C order.
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        owned(py, &*self.hold(py)?)
    }

    /// The same memory as a read-only view.
    fn toreadonly<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let access = this.get().access(this.py())?;
        // SAFETY: the same elements, under access.
        unsafe { Self::share(this, access.to_readonly()) }
    }

    /// The same memory with the dimensions the other way around.
    #[getter]
    #[pyo3(name = "T")]
    fn transposed<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        Self::permute(this, &[])
    }

    /// The same memory with the dimensions in another order: v.transpose(1, 0) or
    /// v.transpose((1, 0)); without arguments the other way around, as v.T.
    #[pyo3(signature = (*axes))]
    fn transpose<'py>(
        this: &Bound<'py, Self>,
        axes: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, Self>> {
        let none = axes.is_empty() || (axes.len() == 1 && axes.get_item(0)?.is_none());
        if none {
            return Self::permute(this, &[]);
        }
        let axes = numbers(axes)?;
        if axes.is_empty() && this.get().array()?.layout().ndim() > 0 {
            return Err(PyValueError::new_err("axes () do not name each dimension once"));
        }
        Self::permute(this, &axes)
    }

    /// The same memory in another shape: v.reshape(2, 3) or v.reshape((2, 3)). One length may be
    /// -1, and is what the others leave. The elements are taken in an order, 'C' or 'F'. Where only
    /// a copy could have that shape, ValueError: nothing is ever copied.
    #[pyo3(signature = (*shape, order = "C"))]
    fn reshape<'py>(
        this: &Bound<'py, Self>,
        shape: &Bound<'py, PyTuple>,
        order: &str,
    ) -> PyResult<Bound<'py, Self>> {
        let shape = numbers(shape)?;
        let array = this.get().array()?;
        let order = self::order(Some(order), array.layout())?;
        let access = this.get().access(this.py())?;
        let reshaped = access.reshape(&shape, order)?;
        // SAFETY: the same elements, under access.
        unsafe { Self::share(this, reshaped) }
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(cannot("copy"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(cannot("copy"))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(cannot("pickle"))
    }
}

impl PyConsumerArray {
    /// The dimensions in another order; for no axes at all, the other way around.
    fn permute<'py>(this: &Bound<'py, Self>, axes: &[isize]) -> PyResult<Bound<'py, Self>> {
        let access = this.get().access(this.py())?;
        if axes.is_empty() && access.layout().suboffsets().is_empty() {
            // SAFETY: the same elements, under access.
            return unsafe { Self::share_changed(this, 0, Layout::reverse) };
        }
        let reversed: Vec<isize> = (0..access.layout().ndim() as isize).rev().collect();
        let axes = if axes.is_empty() { &reversed } else { axes };
        let transposed = access.transpose(axes)?;
        // SAFETY: the same elements, under access.
        unsafe { Self::share(this, transposed) }
    }
}

fn cannot(action: &str) -> PyErr {
    PyTypeError::new_err(format!("cannot {action} ConsumerArray objects; copy() makes a copy"))
}
