//! Who may touch a view's memory, and for how long.
//!
//! Memory safety rests on one rule: elements are only touched under an [`Access`] or a [`Hold`],
//! both of which a released view refuses. The types enforce it: outside of this room, which creates
//! the views, only these two lead to a view's array.
//!
//! - An *access* is for code that runs no Python code between asking and touching. It costs one
//!   load.
//! - A *hold* keeps the memory while arbitrary Python code runs: conversions, comparisons,
//!   allocations that may start a garbage collection.
//! - A [`Description`] needs neither: layout, format and element type stay as they are whatever
//!   happens to the view. Keys and values are converted by it first, and the view is asked for
//!   access after that.
//! - A [`ViewPart`] is some of a view's elements, found under an access, and touched under a hold.

use std::ops::Deref;

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::form::ElementType;
use consumer::format::FormatString;
use consumer::layout::Layout;

use super::class::PyConsumerArray;
use super::usage::released;
use crate::values::elements::{self, Encoded};

/// What is known of a view's elements without touching them.
#[derive(Clone, Copy)]
pub(crate) struct Description<'a>(&'a AnyArray);

impl<'a> Description<'a> {
    /// Shape, strides, suboffsets and itemsize.
    #[inline]
    pub(crate) fn layout(self) -> &'a Layout {
        self.0.layout()
    }

    /// The format, as the exporter wrote it.
    pub(crate) fn format(self) -> &'a FormatString {
        self.0.format()
    }

    #[inline]
    pub(crate) fn readonly(self) -> bool {
        self.0.readonly()
    }

    /// Whether the elements hold references to objects.
    pub(crate) fn has_objects(self) -> bool {
        self.0.has_objects()
    }

    /// Whether the elements hold, or may hold, references to objects.
    pub(crate) fn has_references(self) -> bool {
        self.0.has_references()
    }

    /// Whether the elements are scalars.
    pub(crate) fn is_scalar(self) -> bool {
        self.0.is_scalar()
    }

    /// What the elements hold, where that is no scalar.
    pub(crate) fn element_type(self) -> Option<&'a ElementType> {
        match self.0 {
            AnyArray::Composite(array) => Some(array.descriptor()),
            _ => None,
        }
    }

    /// Converts an object to an element: see [`elements::encode`].
    pub(crate) fn encode<'py>(
        self,
        object: &Bound<'py, PyAny>,
        encoded: &mut Encoded<'py>,
    ) -> PyResult<()> {
        elements::encode(self.0, object, encoded)
    }
}

/// Permission to touch a view's memory until Python code runs again. The GIL keeps others from
/// releasing it.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) struct Access<'a>(&'a AnyArray);

/// Permission to touch a view's memory. Without a GIL other threads may release the view at any
/// moment, so that it is a hold.
#[cfg(Py_GIL_DISABLED)]
pub(crate) type Access<'a> = Hold<'a>;

#[cfg(not(Py_GIL_DISABLED))]
impl Deref for Access<'_> {
    type Target = AnyArray;

    #[inline]
    fn deref(&self) -> &AnyArray {
        self.0
    }
}

/// Permission to touch a view's memory for as long as it lives: the memory stays even if the view
/// is released.
pub(crate) struct Hold<'a> {
    view: &'a PyConsumerArray,
    array: &'a AnyArray,
    py: Python<'a>,
}

impl Deref for Hold<'_> {
    type Target = AnyArray;

    #[inline]
    fn deref(&self) -> &AnyArray {
        self.array
    }
}

impl<'a> Hold<'a> {
    /// The view whose root is held, if that is not the one that was asked.
    pub(super) fn parent(&self) -> Option<&Bound<'a, PyConsumerArray>> {
        // SAFETY: the result is borrowed from the hold.
        unsafe { self.view.parent(self.py) }
    }
}

impl Drop for Hold<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.view.usage.drop_hold() {
            // SAFETY: the usage has just said that it is time.
            unsafe { self.view.let_go(self.py) };
        }
    }
}

/// Some of a view's elements: found under an access to the view, which may have ended.
pub(crate) struct ViewPart<'a> {
    view: &'a PyConsumerArray,
    array: AnyArray,
}

impl<'a> ViewPart<'a> {
    /// Takes elements of `view` that were found under an access to it.
    pub(crate) fn new(view: &'a PyConsumerArray, array: AnyArray) -> Self {
        Self { view, array }
    }

    pub(crate) fn describe(&self) -> Description<'_> {
        Description(&self.array)
    }

    /// The elements, to be touched while arbitrary code runs: see [`PyConsumerArray::hold`].
    pub(crate) fn hold<'b>(&'b self, py: Python<'b>) -> PyResult<Hold<'b>> {
        self.view.hold_array(&self.array, py)
    }
}

impl PyConsumerArray {
    /// Describes the elements. The view may be released the next time that Python code runs; the
    /// description stays.
    ///
    /// # Errors
    /// ValueError if the view is released.
    #[inline]
    pub(crate) fn describe(&self) -> PyResult<Description<'_>> {
        self.try_describe().ok_or_else(released)
    }

    /// The same; `None` if the view is released.
    #[inline(always)]
    pub(crate) fn try_describe(&self) -> Option<Description<'_>> {
        (!self.is_released()).then_some(Description(&self.array))
    }

    /// The array, to be used before any Python code runs; `None` if the view is released.
    #[inline]
    #[cfg(not(Py_GIL_DISABLED))]
    pub(crate) fn try_access<'a>(&'a self, _py: Python<'a>) -> Option<Access<'a>> {
        (!self.is_released()).then_some(Access(&self.array))
    }

    /// The array, to be used before any Python code runs; `None` if the view is released. Other
    /// threads may release it meanwhile, so that this takes a hold.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(crate) fn try_access<'a>(&'a self, py: Python<'a>) -> Option<Access<'a>> {
        self.try_hold_array(&self.array, py)
    }

    /// The array, to be used before any Python code runs.
    ///
    /// # Errors
    /// ValueError if the view is released.
    #[inline]
    pub(crate) fn access<'a>(&'a self, py: Python<'a>) -> PyResult<Access<'a>> {
        self.try_access(py).ok_or_else(released)
    }

    /// The array, to be used while arbitrary code runs: its memory stays until the hold is dropped.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn hold<'a>(&'a self, py: Python<'a>) -> PyResult<Hold<'a>> {
        self.hold_array(&self.array, py)
    }

    /// Holds the view's memory for an array over it.
    fn hold_array<'a>(&'a self, array: &'a AnyArray, py: Python<'a>) -> PyResult<Hold<'a>> {
        self.try_hold_array(array, py).ok_or_else(released)
    }

    /// The same; `None` if the view is released.
    #[inline(always)]
    fn try_hold_array<'a>(&'a self, array: &'a AnyArray, py: Python<'a>) -> Option<Hold<'a>> {
        self.usage.add_hold().then(|| Hold { view: self, array, py })
    }

    /// Returns the object whose memory this is; `None` for memory of the view's own.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn exporter<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _access = self.access(py)?;
        // SAFETY: a view that can be accessed holds its root, and nobody changes the parent
        // meanwhile.
        unsafe {
            let root = self.parent(py).map_or(&self.root, |parent| &parent.get().root);
            Ok(root.exporter(py))
        }
    }
}
