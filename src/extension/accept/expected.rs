//! What an argument is expected to be.

use std::fmt::Write;

use crate::array::AnyArray;
use crate::dtype::{DType, ScalarType, dispatch_scalar};
use crate::element::Scalar;
use crate::extension::constraint::{ANY, Constraint};
use crate::extension::element::is_alike;
use crate::layout::Order;

/// What an argument is expected to be.
#[derive(Clone, Copy)]
pub(in crate::extension) struct Expected {
    pub(in crate::extension) element: Wanted,
    pub(in crate::extension) ndim: usize,
    pub(in crate::extension) writable: bool,
    pub(in crate::extension) order: Option<Order>,
    pub(in crate::extension) shape: &'static [isize],
}

/// Which elements are expected.
#[derive(Clone, Copy)]
pub(in crate::extension) enum Wanted {
    /// Those of a type, in the byte order of this machine.
    Scalar(DType),
    /// Those of one of several types.
    OneOf(&'static [DType]),
    /// Scalars of any type in this machine's byte order.
    Scalars,
    /// What becomes elements of a type.
    Like(DType),
    /// Records, as a struct of Rust is declared.
    Records(fn(&mut String)),
    /// Bytes, whatever they are otherwise.
    Bytes,
}

impl Wanted {
    /// Returns whether elements are those.
    pub(in crate::extension) fn is(self, found: Option<ScalarType>) -> bool {
        let native = found.filter(|found| !found.swapped).map(|found| found.dtype);
        match self {
            Self::Scalar(wanted) => native.is_some_and(|found| is_alike(wanted, found)),
            Self::OneOf(all) => native.is_some_and(|found| all.iter().any(|&w| is_alike(w, found))),
            Self::Scalars => native.is_some(),
            // Whoever wants these looks at more than the type.
            Self::Like(_) | Self::Records(_) | Self::Bytes => true,
        }
    }
}

impl Expected {
    /// What an array of elements, dimensions and constraints is expected to be.
    pub(in crate::extension) const fn of<const N: usize, K: Constraint>(element: Wanted) -> Self {
        Self { element, ndim: N, writable: K::WRITABLE, order: K::ORDER, shape: K::SHAPE }
    }

    /// Returns whether an array is that.
    pub(in crate::extension) fn is(&self, array: &AnyArray) -> bool {
        self.element.is(array.scalar_type())
            && self.has_ndim(array.layout().ndim())
            && self.has_shape(array.layout().shape())
            && !(self.writable && array.readonly())
            && self.order.is_none_or(|order| is_in(array, order))
            && (self.order.is_none() || is_aligned(array))
    }

    /// Returns whether that many dimensions are as many as expected.
    pub(in crate::extension) fn has_ndim(&self, ndim: usize) -> bool {
        self.ndim == ANY || self.ndim == ndim
    }

    /// Returns whether the last dimensions have the lengths that are expected.
    pub(in crate::extension) fn has_shape(&self, shape: &[usize]) -> bool {
        let mut lengths = self.shape.iter().rev().zip(shape.iter().rev());
        self.shape.len() <= shape.len()
            && lengths.all(|(&wanted, &found)| wanted < 0 || wanted.unsigned_abs() == found)
    }
}

/// Returns whether elements are contiguous in an order.
pub(in crate::extension) fn is_in(array: &AnyArray, order: Order) -> bool {
    match order {
        Order::C => array.layout().is_c_contiguous(),
        Order::Fortran => array.layout().is_f_contiguous(),
    }
}

/// Returns whether the first element lies where Rust has values of its type.
pub(in crate::extension) fn is_aligned(array: &AnyArray) -> bool {
    let Some(scalar_type) = array.scalar_type() else { return true };
    let align = dispatch_scalar!(scalar_type, T => align_of::<<T as Scalar>::Value>());
    array.start().addr().is_multiple_of(align) || array.layout().is_empty()
}

impl Expected {
    /// Writes what is expected. An error may be dropped because another type fits, so that its text
    /// is put together without the machinery of formatting.
    pub(in crate::extension) fn write(&self, text: &mut String) {
        text.push_str(if self.writable { "a writable " } else { "a " });
        match self.order {
            Some(Order::C) => text.push_str("C-contiguous "),
            Some(Order::Fortran) => text.push_str("Fortran-contiguous "),
            None => {}
        }
        text.push_str("buffer of ");
        match self.element {
            Wanted::Scalar(dtype) => text.push_str(dtype.name()),
            Wanted::Scalars => text.push_str("numbers in this machine's byte order"),
            Wanted::Like(dtype) => {
                text.push_str("what becomes ");
                text.push_str(dtype.name());
            }
            Wanted::Bytes => return text.push_str("contiguous bytes"),
            Wanted::Records(write) => write(text),
            Wanted::OneOf(all) => {
                for (place, dtype) in all.iter().enumerate() {
                    let is_last = place + 1 == all.len();
                    text.push_str(if place == 0 {
                        ""
                    } else if is_last {
                        " or "
                    } else {
                        ", "
                    });
                    text.push_str(dtype.name());
                }
            }
        }
        if self.ndim != ANY {
            text.push_str(" in ");
            push_number(text, self.ndim as isize);
            text.push_str(if self.ndim == 1 { " dimension" } else { " dimensions" });
        }
        if self.shape.is_empty() {
            return;
        }
        text.push_str(" of shape ");
        if self.ndim == ANY {
            text.push_str("(..., ");
            push_lengths(text, self.shape.iter().copied());
            text.push(')');
        } else {
            let any = std::iter::repeat_n(-1, self.ndim.saturating_sub(self.shape.len()));
            push_tuple(text, any.chain(self.shape.iter().copied()));
        }
    }
}

/// Writes numbers as Python writes a tuple of them; -1 is any.
pub(super) fn push_tuple(text: &mut String, numbers: impl Iterator<Item = isize>) {
    text.push('(');
    let count = push_lengths(text, numbers);
    text.push_str(if count == 1 { ",)" } else { ")" });
}

fn push_lengths(text: &mut String, numbers: impl Iterator<Item = isize>) -> usize {
    let mut count = 0;
    for number in numbers {
        text.push_str(if count > 0 { ", " } else { "" });
        if number == -1 {
            text.push('*');
        } else {
            push_number(text, number);
        }
        count += 1;
    }
    count
}

/// Writes a number.
pub(super) fn push_number(text: &mut String, number: isize) {
    if (0..10).contains(&number) {
        text.push(char::from(b'0' + number as u8));
    } else {
        let _ = write!(text, "{number}");
    }
}
