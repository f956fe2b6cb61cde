//! Who may touch a view's memory, and for how long.
//!
//! Memory safety rests on one rule: elements are only touched under an [`Access`] or a [`Hold`], both
//! of which a released view refuses. The types enforce it: only these two lead to the view's array.
//!
//! - An *access* is for code that runs no Python code between asking and touching. It costs one load.
//! - A *hold* keeps the memory while arbitrary Python code runs: conversions, comparisons, allocations
//!   that may start a garbage collection.
//! - A [`Description`] needs neither: layout, format and element type stay as they are whatever happens
//!   to the view. Keys and values are converted by it first, and the view is asked for access after
//!   that.
//! - A [`ViewPart`] is some of a view's elements, found under an access, and touched under another.

use std::ops::Deref;

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::format::FormatString;
use consumer::layout::Layout;

use super::class::PyConsumerArray;
use super::export_count::released;
use super::root::Root;
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

    /// Converts an object to an element: see [`elements::encode`].
    pub(crate) fn encode<'py>(self, object: &Bound<'py, PyAny>) -> PyResult<Encoded<'py>> {
        elements::encode(self.0, object)
    }
}

/// Permission to touch a view's memory until Python code runs again. The GIL keeps others from
/// releasing it.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) struct Access<'a>(&'a AnyArray);

/// Permission to touch a view's memory. Without a GIL other threads may release the view at any moment,
/// so that it is a hold.
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

/// Permission to touch a view's memory for as long as it lives: the memory stays even if the view is
/// released.
pub(crate) struct Hold<'a> {
    array: &'a AnyArray,
    root: HeldRoot<'a>,
    py: Python<'a>,
}

/// The root of a hold: the view's own, or that of its parent, with a reference to it.
enum HeldRoot<'a> {
    Own(&'a Root),
    Parents(Bound<'a, PyConsumerArray>),
}

impl Deref for HeldRoot<'_> {
    type Target = Root;

    #[inline]
    fn deref(&self) -> &Root {
        match self {
            Self::Own(root) => root,
            Self::Parents(parent) => &parent.get().root,
        }
    }
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
        match &self.root {
            HeldRoot::Own(_) => None,
            HeldRoot::Parents(parent) => Some(parent),
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.root.drop_hold(self.py);
    }
}

/// Some of a view's elements: found under an access to the view, which may have ended.
pub(crate) struct ViewPart(AnyArray);

impl ViewPart {
    /// Takes elements that were found under an access.
    pub(crate) fn new(array: AnyArray) -> Self {
        Self(array)
    }

    pub(crate) fn describe(&self) -> Description<'_> {
        Description(&self.0)
    }

    /// The elements, to be touched while the view that they are a part of is held.
    pub(crate) fn under<'a>(&'a self, _hold: &'a Hold<'_>) -> &'a AnyArray {
        &self.0
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

    /// The array, to be used before any Python code runs; `None` if the view is released. Other threads
    /// may release it meanwhile, so that this takes a hold.
    #[inline]
    #[cfg(Py_GIL_DISABLED)]
    pub(crate) fn try_access<'a>(&'a self, py: Python<'a>) -> Option<Access<'a>> {
        if self.is_released() {
            return None;
        }
        let root = self.root_to_hold(py);
        root.try_hold().then(|| Hold { array: &self.array, root, py })
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
        #[cfg(not(Py_GIL_DISABLED))]
        {
            if self.is_released() {
                return Err(released());
            }
            let root = self.root_to_hold(py);
            root.add_hold();
            Ok(Hold { array: &self.array, root, py })
        }
        #[cfg(Py_GIL_DISABLED)]
        self.access(py)
    }

    /// The root, kept alive even if the view gives it up meanwhile.
    fn root_to_hold<'a>(&'a self, py: Python<'a>) -> HeldRoot<'a> {
        self.parent(py).map_or(HeldRoot::Own(&self.root), HeldRoot::Parents)
    }

    /// Returns the object whose memory this is; `None` for memory of the view's own.
    ///
    /// # Errors
    /// ValueError if the view is released.
    pub(crate) fn exporter<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _access = self.access(py)?;
        // SAFETY: a view that can be accessed holds its root.
        Ok(self.with_root(py, |root| unsafe { root.exporter(py) }))
    }
}
