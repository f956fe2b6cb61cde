//! Parts of the elements as arrays of their own: the fields of records, and sub-arrays.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AnyArray, ConsumerArray, Owner};
use crate::dtype::ScalarType;
use crate::error::{Error, Result};
use crate::fallible::{self, Shortened};
use crate::form::{ElementType, Field, Record, overlapping};
use crate::format::FormatString;
use crate::layout::Layout;
use crate::view::View;

impl AnyArray {
    /// Returns the fields of the elements, if they are records.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Composite(array) => match &**array.descriptor() {
                ElementType::Record(record) => Some(record),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns an array of one field of each record, over the same memory. If the field is a
    /// sub-array, its dimensions come after those of this array.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) if the elements are not
    /// records with named fields, with [`is_no_such_field`](Error::is_no_such_field) if they have
    /// no such field, and with [`is_value`](Error::is_value) if there are more than 64 dimensions.
    ///
    /// # Examples
    /// ```
    /// use consumer::AnyArray;
    ///
    /// let bytes = [1, 2, 3, 4, 5, 6];
    /// let records = AnyArray::from_bytes(&bytes, c"T{B:a:(2)B:b:}", &[2]).unwrap();
    /// let field = records.field("b").unwrap();
    /// assert_eq!((field.layout().shape(), field.layout().strides()), (&[2, 2][..], &[3, 1][..]));
    /// assert!(records.field("c").unwrap_err().is_no_such_field());
    /// ```
    pub fn field(&self, name: &str) -> Result<Self> {
        let record = self.require_record()?;
        let (offset, element_type) = record.field(name).ok_or_else(|| record.no_field(name))?;
        // SAFETY: this is a field of the elements' own type.
        unsafe { self.part(offset, element_type) }
    }

    /// Returns the offset and the type of a field for [`scalar_field`](Self::scalar_field), the
    /// fast path: if the field is a scalar and nothing of the array's layout is on the heap.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn find_scalar_field(&self, name: &str) -> Option<(usize, ScalarType)> {
        if !self.layout().is_inline() || self.owner().is_some() {
            return None;
        }
        match self.record()?.field(name)? {
            (offset, ElementType::Scalar(scalar_type)) => Some((offset, *scalar_type)),
            _ => None,
        }
    }

    /// The fast path of [`field`](Self::field) for a field that
    /// [`find_scalar_field`](Self::find_scalar_field) found.
    ///
    /// # Safety
    /// The field was found in this array.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub unsafe fn scalar_field(&self, (offset, scalar_type): (usize, ScalarType)) -> Self {
        let start = self.start().wrapping_add(offset);
        let layout = self.layout().with_itemsize(scalar_type.dtype.size());
        let (format, readonly) = (scalar_type.format(), self.readonly());
        // SAFETY: the caller guarantees that the field lies within each of this array's elements,
        // which are valid; the layout has its size, and leads to it in each of them.
        unsafe { Self::from_scalars(scalar_type, start, layout, format, readonly, None) }
    }

    /// Returns an array of records with some of the fields, in the order of the names, over the
    /// same memory.
    ///
    /// # Errors
    /// Returns the errors of [`field`](Self::field), and one with [`is_value`](Error::is_value) if
    /// a name is given twice or if fields overlap, as those of an anonymous union do.
    pub fn select_fields(&self, names: &[&str]) -> Result<Self> {
        let record = self.require_record()?;
        let mut fields = fallible::vec_for(names.len())?;
        for (name, (offset, element_type)) in names.iter().zip(record.find(names)?) {
            fallible::room_for(element_type.weight())?;
            let (name, element_type) = (Some(fallible::string(name)?), element_type.clone());
            let field = Field::new(name, offset, element_type);
            fallible::push(&mut fields, field)?;
        }
        let size = self.layout().itemsize();
        // Several fields of a union still overlap, and still are a union.
        let union = record.union && fields.len() > 1;
        if !union {
            check_disjoint(&fields)?;
        }
        let mut record = Record::struct_or_union(fields, size, union);
        record.partial = true;
        record.hides_objects = self.has_references();
        let element_type = ElementType::Record(record);
        fallible::room_for(element_type.weight())?;
        // SAFETY: the elements are the same, and the new type describes some of the same bytes.
        Ok(unsafe {
            self.with_element_type(self.start(), self.layout().clone(), Arc::new(element_type))
        })
    }

    /// Returns an array of one part of each element, over the same memory.
    ///
    /// # Errors
    /// Returns the errors of [`field`](Self::field).
    ///
    /// # Safety
    /// The part lies within the elements, as a field or a sub-array of their own type does.
    #[doc(hidden)]
    pub unsafe fn part(&self, offset: usize, element_type: &ElementType) -> Result<Self> {
        let mut sub_array = Vec::new();
        let mut element_type = element_type;
        let mut offset = offset;
        loop {
            match element_type {
                ElementType::Array { shape, element } => {
                    sub_array.extend_from_slice(shape);
                    element_type = element;
                }
                ElementType::Padded(padding, inner) if sub_array.is_empty() => {
                    offset += padding;
                    element_type = inner;
                }
                _ => break,
            }
        }
        fallible::room_for(element_type.weight())?;
        let (step, layout) = self.layout().part(offset, element_type.size(), &sub_array)?;
        let start = self.start().wrapping_offset(step);
        let (readonly, owner) = (self.readonly(), self.owner().cloned());
        // SAFETY: the caller guarantees that the part lies within each of this array's elements,
        // which are valid; the layout leads to it, and its itemsize is the size of the part's type.
        Ok(unsafe {
            match element_type {
                ElementType::Scalar(scalar_type) => {
                    let format = scalar_type.format();
                    Self::from_scalars(*scalar_type, start, layout, format, readonly, owner)
                }
                ElementType::Unreadable { why, .. } => {
                    Self::opaque(start, layout, element_type.format(), readonly, owner, why.clone())
                }
                _ => self.with_element_type(start, layout, Arc::new(element_type.clone())),
            }
        })
    }

    /// Returns whether composite arrays of the same shape have equal elements, comparing one part
    /// after the other so that kernels do the work. `None` if the elements do not have the same
    /// parts.
    pub(super) fn equal_parts(&self, other: &Self) -> Option<bool> {
        let (Self::Composite(left), Self::Composite(right)) = (self, other) else { return None };
        if self.layout().is_empty() {
            return Some(true);
        }
        match (&**left.descriptor(), &**right.descriptor()) {
            (ElementType::Record(one), ElementType::Record(two)) => {
                if one.fields.len() != two.fields.len() {
                    return Some(false);
                }
                for (one, two) in one.fields.iter().zip(&two.fields) {
                    // SAFETY: each is a field of the elements' own type.
                    let (left, right) = unsafe {
                        let left = self.part(one.offset, &one.element_type).ok()?;
                        (left, other.part(two.offset, &two.element_type).ok()?)
                    };
                    if !left.equals(&right) {
                        return Some(false);
                    }
                }
                Some(true)
            }
            (one @ ElementType::Array { .. }, two @ ElementType::Array { .. }) => {
                // SAFETY: each is the elements' own type.
                let (left, right) = unsafe { (self.part(0, one).ok()?, other.part(0, two).ok()?) };
                Some(left.equals(&right))
            }
            _ => None,
        }
    }

    /// Makes an array of composite elements over the same memory.
    ///
    /// # Safety
    /// The requirements of [`View::new`]; also, every part of the type lies within the itemsize.
    unsafe fn with_element_type(
        &self,
        start: *mut u8,
        layout: Layout,
        element_type: Arc<ElementType>,
    ) -> Self {
        let format = element_type.format();
        // SAFETY: the caller gives the guarantees of `composite`.
        unsafe {
            Self::composite(
                start,
                layout,
                format,
                self.readonly(),
                self.owner().cloned(),
                element_type,
            )
        }
    }

    /// Makes an array of composite elements of a type, whatever the format string says.
    ///
    /// # Safety
    /// The requirements of [`View::new`]; also, every part of the type lies within the itemsize.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub unsafe fn composite(
        start: *mut u8,
        layout: Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<Owner>,
        element_type: Arc<ElementType>,
    ) -> Self {
        // SAFETY: the caller gives the guarantees of `View::new`.
        let view = unsafe { View::new(start, layout, readonly, element_type) };
        Self::Composite(ConsumerArray::new(view, format, owner))
    }

    fn require_record(&self) -> Result<&Record> {
        self.record().ok_or_else(|| match self {
            Self::Opaque(array) => Error::wrong_kind(format!("no fields: {}", array.descriptor())),
            _ => {
                Error::wrong_kind(format!("elements of format '{}' have no fields", self.format()))
            }
        })
    }
}

/// Refuses fields that share bits, so that one cannot be stored without the other.
fn check_disjoint(fields: &[Field]) -> Result<()> {
    if let Some(shared) = overlapping(fields)? {
        let [one, other] = shared.map(|field| Shortened(field.name.as_deref().unwrap_or_default()));
        return Err(Error::value(format!("fields {one:?} and {other:?} share bytes")));
    }
    Ok(())
}
