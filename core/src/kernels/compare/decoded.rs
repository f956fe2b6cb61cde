//! Elements compared as values, one by one: the plain loop, for any types.
//!
//! Two elements are equal where their [`Value`]s are, as [`ElementType::value`] returns them. Their
//! trees are walked side by side, and only scalars become values: an element may be large, and is
//! not copied.

#![allow(unsafe_code)]

use crate::dtype::{DType, ScalarType, dispatch_scalar};
use crate::element::Value;
use crate::form::{ElementType, Record, load_unsigned};
use crate::format::Kind;
use crate::layout::Order;
use crate::view::{RawView, Walk, load};

/// Returns whether two views of one shape have equal values in the same places.
///
/// # Safety
/// Each element type is that of its view's elements.
pub unsafe fn equal_decoded(
    (left, left_type): (RawView<'_>, &ElementType),
    (right, right_type): (RawView<'_>, &ElementType),
) -> bool {
    let Ok(mut walk) = Walk::new([left, right], Order::C) else { return false };
    walk.all(|run| {
        (0..run.length).all(|index| {
            let left = Part { shape: &[], element_type: left_type, start: run.pointer(0, index) };
            let right = Part { shape: &[], element_type: right_type, start: run.pointer(1, index) };
            // SAFETY: a run leads to elements of both views, which are valid for reads.
            unsafe { left.equals(right) }
        })
    })
}

/// A part of an element: nested lists of a shape. No shape is one value.
#[derive(Clone, Copy)]
struct Part<'a> {
    shape: &'a [usize],
    element_type: &'a ElementType,
    start: *const u8,
}

impl<'a> Part<'a> {
    /// # Safety
    /// Both are valid for reads.
    unsafe fn equals(self, other: Self) -> bool {
        let (left, right) = (self.unwrapped(), other.unwrapped());
        // SAFETY: the caller guarantees both, in which the parts of each lie.
        unsafe {
            match (left.shape, right.shape) {
                ([length, ..], [other_length, ..]) => {
                    length == other_length
                        && (0..*length).all(|index| left.item(index).equals(right.item(index)))
                }
                ([], []) => left.equal_values(right),
                _ => false,
            }
        }
    }

    /// The same without padding before it, and with the shape of what is a sub-array.
    fn unwrapped(mut self) -> Self {
        while self.shape.is_empty() {
            match self.element_type {
                ElementType::Padded(offset, element_type) => {
                    self = self.at(*offset, element_type);
                }
                ElementType::Array { shape, element } => {
                    self = Self { shape, element_type: element, ..self };
                }
                _ => break,
            }
        }
        self
    }

    /// What lies at an offset.
    fn at(self, offset: usize, element_type: &'a ElementType) -> Self {
        Self { shape: &[], element_type, start: self.start.wrapping_add(offset) }
    }

    /// An item of a list.
    fn item(self, index: usize) -> Self {
        let shape = self.shape.get(1..).unwrap_or_default();
        let step = shape.iter().product::<usize>() * self.element_type.size();
        Self { shape, ..self.at(index * step, self.element_type) }
    }

    /// Compares what is no list and has no padding before it.
    ///
    /// # Safety
    /// Both are valid for reads.
    unsafe fn equal_values(self, other: Self) -> bool {
        // SAFETY: the caller guarantees both, in which their fields lie.
        unsafe {
            if let (Some(fields), Some(others)) = (self.record(), other.record()) {
                return fields.fields.len() == others.fields.len()
                    && fields.fields.iter().zip(&others.fields).all(|(one, two)| {
                        self.at(one.offset, &one.element_type)
                            .equals(other.at(two.offset, &two.element_type))
                    });
            }
            if let (Some((start, length)), Some((others, count))) = (self.bytes(), other.bytes()) {
                return length == count && super::equal_bytes(start, others, length);
            }
            if let (Some(text), Some(other)) = (self.text(), other.text()) {
                return text.equals(other);
            }
            self.value() == other.value()
        }
    }

    fn record(self) -> Option<&'a Record> {
        match self.element_type {
            ElementType::Record(record) => Some(record),
            _ => None,
        }
    }

    /// Returns where the content of a byte string lies, and its length.
    ///
    /// # Safety
    /// The part is valid for reads.
    unsafe fn bytes(self) -> Option<(*const u8, usize)> {
        match *self.element_type {
            ElementType::Scalar(ScalarType { dtype: DType::Char, .. }) => Some((self.start, 1)),
            ElementType::Bytes(size) | ElementType::Void(size) => Some((self.start, size)),
            ElementType::Pascal(0) => Some((self.start, 0)),
            ElementType::Pascal(size) => {
                // SAFETY: the caller guarantees it; there is a first byte.
                let length = usize::from(unsafe { self.start.read() });
                Some((self.start.wrapping_add(1), length.min(size - 1)))
            }
            _ => None,
        }
    }

    fn text(self) -> Option<Text> {
        let start = self.start;
        match *self.element_type {
            ElementType::Text(unit, count) => Some(Text { unit, count, padded: true, start }),
            ElementType::Scalar(unit) if unit.dtype.kind() == Kind::Text => {
                Some(Text { unit, count: 1, padded: false, start })
            }
            _ => None,
        }
    }

    /// Returns the value of a scalar or a bit-field; nothing else equals what has none.
    ///
    /// # Safety
    /// The part is valid for reads.
    unsafe fn value(self) -> Value {
        match self.element_type {
            // SAFETY: the caller guarantees a scalar of the type.
            ElementType::Scalar(scalar_type) => dispatch_scalar!(*scalar_type, T => unsafe {
                load::<T>(self.start)
            }.into()),
            ElementType::Bits(bits) => {
                let mut unit = [0; size_of::<u64>()];
                let unit = &mut unit[..bits.unit.dtype.size()];
                // SAFETY: the caller guarantees the unit. It is copied because memory that others
                // write to must not be in a slice.
                unsafe { unit.as_mut_ptr().copy_from_nonoverlapping(self.start, unit.len()) };
                Value::Integer(bits.value(unit))
            }
            _ => Value::Unknown,
        }
    }
}

/// A string, or one character.
#[derive(Clone, Copy)]
struct Text {
    unit: ScalarType,
    count: usize,
    /// Whether NULs at its end are not part of it.
    padded: bool,
    start: *const u8,
}

impl Text {
    /// # Safety
    /// Both are valid for reads.
    unsafe fn equals(self, other: Self) -> bool {
        // SAFETY: the caller guarantees both.
        unsafe {
            // The character NUL is no string: those lose the NULs at their end.
            let one_is_nul = self.padded != other.padded
                && [self, other].iter().any(|text| !text.padded && text.code(0) == 0);
            let longer = self.count.max(other.count);
            !one_is_nul && (0..longer).all(|index| self.code(index) == other.code(index))
        }
    }

    /// Returns a code point; 0 beyond the end.
    ///
    /// # Safety
    /// The text is valid for reads.
    unsafe fn code(self, index: usize) -> u64 {
        if index >= self.count {
            return 0;
        }
        let mut unit = [0; size_of::<u32>()];
        let size = self.unit.dtype.size().min(unit.len());
        let place = self.start.wrapping_add(index * size);
        // SAFETY: the caller guarantees the units, of which this is one.
        unsafe { unit.as_mut_ptr().copy_from_nonoverlapping(place, size) };
        load_unsigned(self.unit, &unit[..size])
    }
}
