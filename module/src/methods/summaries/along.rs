//! Summaries along axes: views over memory of their own.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::dtype::{DType, ScalarType};
use consumer::format::Kind;
use consumer::kernels::Encoding;
use consumer::kernels::reduce::{Task, reduce_lanes};
use consumer::layout::Layout;
use consumer::memory::Memory;
use consumer::python::exceptions::PyTypeError;

use super::{Summary, no_elements, whole};
use crate::gil;
use crate::object::PyConsumerArray;
use crate::transfer;

/// Summarises the elements, which are numbers of the encoding, along the dimensions for which
/// `reduced` is true. These have a length of 1 in the result, if they are kept. `array` is held.
pub(super) fn along<'py>(
    py: Python<'py>,
    (array, encoding): (&AnyArray, Encoding),
    (summary, task): (Summary, Task),
    reduced: &[bool],
    keepdims: bool,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let (_memory, direct);
    let array = if array.layout().suboffsets().is_empty() {
        array
    } else {
        let memory = transfer::to_memory(py, array)?;
        // SAFETY: the memory holds the elements as they are, and outlives the copy.
        direct = unsafe { array.copied_to(memory.start(), array.format().clone())? };
        _memory = memory;
        &direct
    };
    // What was copied has the same encoding.
    let view = array.raw();
    let shape = view.layout().shape();
    if task.is_place() && shape.len().min(1) != reduced.iter().filter(|&&axis| axis).count() {
        let message = "with axis or keepdims, places are found along exactly one axis; without \
            both, the result is the place among all elements";
        return Err(PyTypeError::new_err(message));
    }
    let mut results = Vec::with_capacity(shape.len());
    for (&length, &reduced) in shape.iter().zip(reduced) {
        match (reduced, keepdims) {
            (false, _) => results.push(length),
            (true, true) => results.push(1),
            (true, false) => {}
        }
    }
    let scalar_type = ScalarType::native(result_type(array, encoding, task));
    let layout = Layout::contiguous(&results, scalar_type.dtype.size())?;
    if view.layout().is_empty() && task != Task::Sum && !layout.is_empty() {
        return Err(no_elements(summary));
    }
    // SAFETY: the elements are of the encoding and held, and the memory is new, and has room for
    // all results, each of which is written; the work touches nothing else.
    let memory = unsafe {
        Memory::written(layout.nbytes(), |start| -> PyResult<()> {
            let mut work = |go_on: &mut dyn FnMut() -> bool| {
                reduce_lanes(task, (view, encoding), reduced, start, go_on)
            };
            // There may be more results than elements: sums of none.
            if gil::is_large(view) || gil::takes_long(&layout) {
                gil::with_pauses(py, &mut work)
            } else {
                Ok(work(&mut || true)?)
            }
        })?
    };
    let result = PyConsumerArray::over_scalars(py, memory, layout, scalar_type.format())?;
    if task.is_sum() {
        whole::check_floats(py, array)?;
    }
    Ok(result)
}

/// Returns the type of a result.
fn result_type(array: &AnyArray, encoding: Encoding, task: Task) -> DType {
    match (task, encoding.kind()) {
        (Task::Minimum | Task::Maximum, _) => {
            array.scalar_type().map_or(DType::U8, |scalar_type| scalar_type.dtype)
        }
        (Task::FirstMinimum | Task::FirstMaximum, _) => DType::I64,
        (_, Kind::Complex) => DType::Complex128,
        (Task::Mean, _) | (_, Kind::Float) => DType::F64,
        _ => DType::I64,
    }
}
