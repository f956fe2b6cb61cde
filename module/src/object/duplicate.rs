//! Copies that are what their originals are: with the same format and byte order, the elements in
//! the same order, and just as writable.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::layout::{Layout, MAX_NDIM, Order};

use super::class::PyConsumerArray;
use super::create::exact_copy_of;

/// The order in which the elements lie: Fortran order for those that are contiguous in that order
/// only, and else C order.
pub(crate) fn order_of(layout: &Layout) -> Order {
    match layout.is_f_contiguous() && !layout.is_c_contiguous() {
        true => Order::Fortran,
        false => Order::C,
    }
}

/// Copies an array's elements as they are to a view over memory of its own. `array` is held.
pub(crate) fn duplicate_of<'py>(
    py: Python<'py>,
    array: &AnyArray,
    readonly: bool,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    let (order, format) = (order_of(array.layout()), array.format().clone());
    let copy = match order {
        Order::C => exact_copy_of(py, array, format)?,
        Order::Fortran => {
            // Fortran order is C order with the dimensions reversed.
            let mut axes = [0; MAX_NDIM];
            let axes = &mut axes[..array.layout().ndim()];
            axes.iter_mut().rev().zip(0..).for_each(|(place, axis)| *place = axis);
            exact_copy_of(py, &array.transpose(axes)?, format)?
        }
    };
    if order == Order::C && !readonly {
        return Ok(copy);
    }
    let access = copy.get().access(py)?;
    let mut layout = access.layout().clone();
    if order == Order::Fortran {
        layout.reverse();
    }
    // SAFETY: the same elements as those of the copy, under access.
    unsafe {
        let array = access.with_layout(access.start(), layout, readonly);
        PyConsumerArray::share(&copy, array)
    }
}
