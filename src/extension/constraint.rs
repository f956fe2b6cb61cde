//! What an argument asks for besides the type of its elements and the number of dimensions.

use crate::layout::Order;

/// Any number of dimensions: `Array<f64, ANY>`.
pub const ANY: usize = usize::MAX;

/// What is asked of an array: one constraint, a tuple of several, or `()` for none.
///
/// Two that contradict each other do not compile:
///
/// ```compile_fail,E0080
/// use consumer::extension::{Array, C, F};
/// use pyo3::prelude::*;
///
/// fn both(x: &Bound<'_, PyAny>) -> PyResult<Array<f64, 2, (C, F)>> {
///     Ok(x.extract()?)
/// }
/// Python::attach(|py| both(py.None().bind(py)).is_ok());
/// ```
///
/// Nor does a shape of more lengths than there are dimensions:
///
/// ```compile_fail,E0080
/// use consumer::extension::{Array, Shape};
/// use pyo3::prelude::*;
///
/// fn flat(x: &Bound<'_, PyAny>) -> PyResult<Array<f64, 1, Shape<-1, 3>>> {
///     Ok(x.extract()?)
/// }
/// Python::attach(|py| flat(py.None().bind(py)).is_ok());
/// ```
pub trait Constraint: Sized + 'static {
    /// Whether elements are to be stored.
    const WRITABLE: bool = false;
    /// In which order the elements are to be contiguous. They are aligned then, too.
    const ORDER: Option<Order> = None;
    /// The lengths of the last dimensions; -1 is any length.
    const SHAPE: &'static [isize] = &[];
}

impl Constraint for () {}

/// Writable memory: what [`set`](super::Array::set) and the like need.
#[derive(Debug)]
pub struct Rw;

impl Constraint for Rw {
    const WRITABLE: bool = true;
}

/// Contiguous in C order, and aligned: what [`as_slice`](super::Array::as_slice) needs.
#[derive(Debug)]
pub struct C;

impl Constraint for C {
    const ORDER: Option<Order> = Some(Order::C);
}

/// Contiguous in Fortran order, and aligned.
#[derive(Debug)]
pub struct F;

impl Constraint for F {
    const ORDER: Option<Order> = Some(Order::Fortran);
}

/// A last dimension of this length: `Array<f32, 2, Last<3>>` is a list of points.
#[derive(Debug)]
pub struct Last<const LENGTH: isize>;

impl<const LENGTH: isize> Constraint for Last<LENGTH> {
    const SHAPE: &'static [isize] = &[LENGTH];
}

/// Last two dimensions of these lengths, of which -1 is any: `Shape<4, 4>`, `Shape<-1, 3>`.
#[derive(Debug)]
pub struct Shape<const ROWS: isize, const COLUMNS: isize>;

impl<const ROWS: isize, const COLUMNS: isize> Constraint for Shape<ROWS, COLUMNS> {
    const SHAPE: &'static [isize] = &[ROWS, COLUMNS];
}

impl<X: Constraint, Y: Constraint> Constraint for (X, Y) {
    const WRITABLE: bool = X::WRITABLE || Y::WRITABLE;
    const ORDER: Option<Order> = {
        assert!(X::ORDER.is_none() || Y::ORDER.is_none(), "two orders are asked for");
        if X::ORDER.is_some() { X::ORDER } else { Y::ORDER }
    };
    const SHAPE: &'static [isize] = {
        assert!(X::SHAPE.is_empty() || Y::SHAPE.is_empty(), "two shapes are asked for");
        if X::SHAPE.is_empty() { Y::SHAPE } else { X::SHAPE }
    };
}

impl<X: Constraint, Y: Constraint, Z: Constraint> Constraint for (X, Y, Z) {
    const WRITABLE: bool = <((X, Y), Z)>::WRITABLE;
    const ORDER: Option<Order> = <((X, Y), Z)>::ORDER;
    const SHAPE: &'static [isize] = <((X, Y), Z)>::SHAPE;
}
