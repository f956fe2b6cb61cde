//! Parts of the elements as arrays of their own: the fields of records.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AnyArray, ConsumerArray};
use crate::dtype::ScalarType;
use crate::element::{Field, Form, Record};
use crate::error::{Error, Result};
use crate::format::FormatString;
use crate::view::View;

impl AnyArray {
    /// The fields of the elements, where those are records.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Composite(array) => match &**array.descriptor() {
                Form::Record(record) => Some(record),
                _ => None,
            },
            _ => None,
        }
    }

    /// One field of each record, as an array over the same memory. A sub-array gives the array
    /// further dimensions, after those that it has.
    ///
    /// # Errors
    /// One that [`is_key`](Error::is_key) where the elements are no records of named fields; one that
    /// [`is_name`](Error::is_name) where they have no such field; one that
    /// [`is_value`](Error::is_value) for more than 64 dimensions.
    ///
    /// # Examples
    /// ```
    /// use consumer::AnyArray;
    ///
    /// let bytes = [1, 2, 3, 4, 5, 6];
    /// let records = AnyArray::from_bytes(&bytes, c"T{B:a:(2)B:b:}", &[2]).unwrap();
    /// let field = records.field("b").unwrap();
    /// assert_eq!((field.layout().shape(), field.layout().strides()), (&[2, 2][..], &[3, 1][..]));
    /// assert!(records.field("c").unwrap_err().is_name());
    /// ```
    pub fn field(&self, name: &str) -> Result<Self> {
        let record = self.fields_or_error()?;
        let (offset, form) = record.field(name).ok_or_else(|| no_field(record, name))?;
        self.part(offset, form)
    }

    /// Where the field of a name lies in a record, and its type, if it is a plain scalar and the
    /// array's layout is on no heap: what [`scalar_field`](Self::scalar_field) is for.
    #[inline]
    pub fn find_scalar_field(&self, name: &str) -> Option<(usize, ScalarType)> {
        if !self.layout().is_inline() || self.owner().is_some() {
            return None;
        }
        match self.record()?.field(name)? {
            (offset, Form::Scalar(scalar_type)) => Some((offset, *scalar_type)),
            _ => None,
        }
    }

    /// Such a field as an array, as [`field`](Self::field) makes it, in 0.7 of the time.
    ///
    /// # Safety
    /// The field was found in this array.
    #[inline(always)]
    pub unsafe fn scalar_field(&self, (offset, scalar_type): (usize, ScalarType)) -> Self {
        let start = self.start().wrapping_add(offset);
        let layout = self.layout().with_itemsize(scalar_type.scalar.size());
        let (format, readonly) = (scalar_type.format(), self.readonly());
        // SAFETY: each element of the layout is a field of one of this array's elements.
        unsafe { Self::of_scalars(scalar_type, start, layout, format, readonly, None) }
    }

    /// Some fields of each record, in the order of their names, as an array of records over the same
    /// memory.
    ///
    /// # Errors
    /// Those of [`field`](Self::field), and one that [`is_value`](Error::is_value) where a name
    /// is given twice, or fields lie over each other: members of an anonymous union.
    pub fn select_fields(&self, names: &[&str]) -> Result<Self> {
        let record = self.fields_or_error()?;
        let mut fields = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(Error::value(format!("field {name:?} is asked for twice")));
            }
            let (offset, form) = record.field(name).ok_or_else(|| no_field(record, name))?;
            fields.push(Field {
                name: Some((*name).to_owned()),
                offset,
                form: form.clone(),
                anonymous: false,
            });
        }
        let size = self.layout().itemsize();
        // What is left of a union has fields over each other still, if more than one.
        let union = record.union && fields.len() > 1;
        if !union {
            check_apart(&fields)?;
        }
        let hides_objects = self.has_references();
        let form = Form::Record(Record { fields, size, union, partial: true, hides_objects });
        // SAFETY: the same elements, of which the form tells less than before.
        Ok(unsafe { self.with_form(self.start(), self.layout().clone(), Arc::new(form)) })
    }

    /// A part of each element, as an array over the same memory.
    ///
    /// # Errors
    /// As those of [`field`](Self::field).
    pub fn part(&self, offset: usize, form: &Form) -> Result<Self> {
        let mut sub_array = Vec::new();
        let mut form = form;
        let mut offset = offset;
        loop {
            match form {
                Form::Array { shape, element } => {
                    sub_array.extend_from_slice(shape);
                    form = element;
                }
                Form::Behind(padding, inner) if sub_array.is_empty() => {
                    offset += padding;
                    form = inner;
                }
                _ => break,
            }
        }
        let (step, layout) = self.layout().part(offset, form.size(), &sub_array)?;
        let start = self.start().wrapping_offset(step);
        let (readonly, owner) = (self.readonly(), self.owner().cloned());
        // SAFETY: each element of the layout is a part of one of this array's elements, and what
        // the form says of those bytes.
        Ok(unsafe {
            match form {
                Form::Scalar(scalar_type) => {
                    let format = scalar_type.format();
                    Self::of_scalars(*scalar_type, start, layout, format, readonly, owner)
                }
                Form::Unreadable { why, .. } => {
                    Self::opaque(start, layout, form.format(), readonly, owner, why.clone())
                }
                _ => self.with_form(start, layout, Arc::new(form.clone())),
            }
        })
    }

    /// Whether composite arrays of the same shape have equal elements, found part by part so that
    /// kernels do the work; `None` where the elements do not fall into the same parts.
    pub(super) fn equal_parts(&self, other: &Self) -> Option<bool> {
        let (Self::Composite(left), Self::Composite(right)) = (self, other) else { return None };
        if self.layout().is_empty() {
            return Some(true);
        }
        match (&**left.descriptor(), &**right.descriptor()) {
            (Form::Record(one), Form::Record(two)) => {
                if one.fields.len() != two.fields.len() {
                    return Some(false);
                }
                for (one, two) in one.fields.iter().zip(&two.fields) {
                    let left = self.part(one.offset, &one.form).ok()?;
                    if !left.equals(&other.part(two.offset, &two.form).ok()?) {
                        return Some(false);
                    }
                }
                Some(true)
            }
            (one @ Form::Array { .. }, two @ Form::Array { .. }) => {
                Some(self.part(0, one).ok()?.equals(&other.part(0, two).ok()?))
            }
            _ => None,
        }
    }

    /// An array of composite elements over the same memory.
    ///
    /// # Safety
    /// As for [`View::new`]; the form describes no more bytes than an element has.
    unsafe fn with_form(
        &self,
        start: *mut u8,
        layout: crate::layout::Layout,
        form: Arc<Form>,
    ) -> Self {
        let format = form.format();
        // SAFETY: as the caller says.
        unsafe {
            Self::composite(start, layout, format, self.readonly(), self.owner().cloned(), form)
        }
    }

    /// An array of composite elements, whatever their format string says.
    ///
    /// # Safety
    /// As for [`View::new`]; the form describes no more bytes than an element has.
    pub unsafe fn composite(
        start: *mut u8,
        layout: crate::layout::Layout,
        format: FormatString,
        readonly: bool,
        owner: Option<super::Owner>,
        form: Arc<Form>,
    ) -> Self {
        // SAFETY: as the caller says.
        let view = unsafe { View::new(start, layout, readonly, form) };
        Self::Composite(ConsumerArray::new(view, format, owner))
    }

    fn fields_or_error(&self) -> Result<&Record> {
        self.record().ok_or_else(|| match self {
            Self::Opaque(array) => Error::key(format!("no fields: {}", array.descriptor())),
            _ => Error::key(format!("elements of format '{}' have no fields", self.format())),
        })
    }
}

/// Refuses fields of which one cannot be stored without the other.
fn check_apart(fields: &[Field]) -> Result<()> {
    let mut fields: Vec<&Field> = fields.iter().filter(|field| !field.bits().is_empty()).collect();
    fields.sort_by_key(|field| field.bits().start);
    for pair in fields.windows(2) {
        if let [one, other] = pair
            && one.bits().end > other.bits().start
        {
            let name = |field: &Field| field.name.clone().unwrap_or_default();
            let (one, other) = (name(one), name(other));
            return Err(Error::value(format!("fields {one:?} and {other:?} share bytes")));
        }
    }
    Ok(())
}

#[cold]
fn no_field(record: &Record, name: &str) -> Error {
    let names: Vec<&str> = record.fields.iter().filter_map(|field| field.name.as_deref()).collect();
    match names.as_slice() {
        [] => Error::key(format!("no field {name:?}: the fields have no names")),
        _ => Error::name(format!("no field {name:?} among {names:?}")),
    }
}
