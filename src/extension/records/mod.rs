//! Records: structs of Rust whose fields are found by their names, wherever they lie.

mod part;

use std::fmt;

use pyo3::Borrowed;
use pyo3::prelude::*;

use super::accept::{Expected, Mismatch, Taken, Wanted, take};
use super::hold::Hold;
use crate::array::AnyArray;
use crate::error::Result;
use crate::fallible;
use crate::layout::Order;
use crate::view::{RawView, Run, Walk};
pub use part::Part;
#[doc(hidden)]
pub use part::{Place, fields_of, find_field};

/// A struct that [`record!`](crate::record) has declared.
pub trait Record: Part {}

/// The records in the memory of a Python object, as structs that [`record!`](crate::record) has
/// declared, in one dimension.
///
/// Every field of the struct is found by its name. What lies where is known from the type of the
/// object: structures of ctypes and records of NumPy, packed, aligned or in any order, nested, in
/// either byte order, with further fields or without. Formats decide only where there is no type.
///
/// # Examples
/// ```
/// use consumer::extension::Records;
/// use consumer::record;
/// use pyo3::prelude::*;
///
/// record! {
///     /// A body in the plane.
///     #[derive(Debug)]
///     struct Body {
///         mass: f64,
///         at: [f32; 2],
///     }
/// }
///
/// #[pyfunction]
/// fn centre(bodies: Records<Body>) -> (f64, f64) {
///     let mass: f64 = bodies.iter().map(|body| body.mass).sum();
///     let weighed = |body: Body, axis: usize| body.mass * f64::from(body.at[axis]);
///     let along = |axis| bodies.iter().map(move |body| weighed(body, axis));
///     (along(0).sum::<f64>() / mass, along(1).sum::<f64>() / mass)
/// }
/// ```
pub struct Records<R: Record> {
    hold: Hold,
    places: Box<[Place]>,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> FromPyObject<'_, '_> for Records<R> {
    type Error = Mismatch;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> std::result::Result<Self, Mismatch> {
        let expected = Expected::of::<1, ()>(Wanted::Records(R::write));
        let Taken { hold, array } = take(&object, &expected)?;
        let mut places = vec![Place::default(); R::PLACES].into_boxed_slice();
        let found = match &array {
            AnyArray::Composite(array) => R::find(array.descriptor(), 0, &mut places),
            AnyArray::Opaque(array) => Err(array.descriptor().to_string()),
            // A scalar has no fields.
            _ => Err("they are no records".to_owned()),
        };
        match found {
            Ok(()) => Ok(Self { hold, places, kind: std::marker::PhantomData }),
            Err(why) => Err(Mismatch::elements(&object, &expected, &array, Some(why))),
        }
    }
}

impl<R: Record> Records<R> {
    fn raw(&self) -> RawView<'_> {
        let body = self.hold.body();
        // SAFETY: whoever lends the memory vouches for it as long as it is held.
        unsafe { RawView::new(body.start, body.layout()) }
    }

    /// Returns the number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hold.body().layout().len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Loads a record; `None` where there is none.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<R> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is within bounds, so that it leads to a record, in which the places
        // were found.
        unsafe { Some(R::load(self.raw().step(self.raw().start(), 0, index), &self.places)) }
    }

    /// Loads all records, one by one.
    pub fn iter(&self) -> impl Iterator<Item = R> + '_ {
        Walk::from_view(self.raw(), Order::C).flat_map(move |run: Run<1>| {
            (0..run.length).map(move |index| {
                // SAFETY: the run leads to records, in which the places were found.
                unsafe { R::load(run.pointer(0, index), &self.places) }
            })
        })
    }

    /// Returns a copy of all records.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](crate::Error::is_too_large), which becomes a
    /// MemoryError, if there is not enough memory.
    pub fn to_vec(&self) -> Result<Vec<R>> {
        let mut all = fallible::vec_for(self.len())?;
        all.extend(self.iter());
        Ok(all)
    }

    /// Returns the object whose memory it is.
    #[must_use]
    pub fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.hold.exporter(py)
    }
}

impl<R: Record> fmt::Debug for Records<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("len", &self.len()).finish()
    }
}

/// Declares a struct that is loaded from records by the names of its fields: see
/// [`Records`](crate::extension::Records).
///
/// The struct is `Copy`, and its fields are scalars, arrays of these and other such structs.
///
/// # Examples
/// ```
/// consumer::record! {
///     #[derive(Debug, PartialEq)]
///     pub struct Point {
///         pub x: f64,
///         pub y: f64,
///     }
/// }
/// consumer::record! {
///     struct Line {
///         ends: [Point; 2],
///         colour: [u8; 3],
///     }
/// }
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $name:ident {
            $($(#[$of_field:meta])* $field_visible:vis $field:ident : $type:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        $visible struct $name { $($(#[$of_field])* $field_visible $field: $type),+ }

        const _: () = {
            use $crate::extension::__record::{ElementType, Part, Place, fields_of, find_field};

            impl $crate::extension::Record for $name {}

            impl Part for $name {
                const PLACES: usize = 0 $(+ <$type as Part>::PLACES)+;

                fn write(text: &mut String) {
                    text.push_str("records with the fields");
                    let mut before = " ";
                    $(
                        text.push_str(before);
                        text.push_str(concat!(stringify!($field), ": "));
                        <$type as Part>::write(text);
                        before = ", ";
                    )+
                    let _ = before;
                }

                fn find(
                    found: &ElementType,
                    offset: usize,
                    places: &mut [Place],
                ) -> Result<(), String> {
                    let (record, offset) = fields_of::<Self>(found, offset)?;
                    let mut at = 0;
                    $(
                        let end = at + <$type as Part>::PLACES;
                        let name = stringify!($field);
                        find_field::<$type>(record, name, offset, &mut places[at..end])?;
                        at = end;
                    )+
                    let _ = at;
                    Ok(())
                }

                #[inline(always)]
                #[allow(unsafe_code)]
                unsafe fn load(start: *const u8, places: &[Place]) -> Self {
                    let mut at = 0;
                    $(
                        let end = at + <$type as Part>::PLACES;
                        // SAFETY: the caller guarantees that the field lies there.
                        let $field = unsafe { <$type as Part>::load(start, &places[at..end]) };
                        at = end;
                    )+
                    let _ = at;
                    Self { $($field),+ }
                }
            }
        };
    };
}
