//! Who may touch a view's memory, and for how long: leases, accesses and holds.
//!
//! Memory safety rests on one rule. Elements are only touched under an [`Access`] or a [`Hold`],
//! both of which are refused on a released view. An access is for code that runs no Python between
//! asking and touching; it costs one load. A hold keeps the memory while other people's code runs:
//! conversions, comparisons, allocations that may set off the garbage collector. What is *not*
//! touched is free: layout and format stay readable, so that keys and values can be converted
//! first, and the view be asked for access after that.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;

use super::buffer::Root;
use super::class::PyConsumerArray;
use super::errors::released;
use crate::array::AnyArray;
use crate::layout::Layout;

/// Whether a view may still be used, and how many buffers of it are out.
pub(super) struct Lease(AtomicUsize);

impl Lease {
    /// No count of buffers.
    const OVER: usize = usize::MAX;

    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::OVER
    }

    /// A lease that is over.
    pub(super) fn ended() -> Self {
        Self(AtomicUsize::new(Self::OVER))
    }

    /// Counts one more buffer.
    pub(super) fn lend(&self) -> PyResult<()> {
        let add = |lent| if lent == Self::OVER { None } else { Some(lent + 1) };
        self.update(add).map_or_else(|_| Err(released()), |_| Ok(()))
    }

    /// Counts one buffer less.
    pub(super) fn hand_back(&self) {
        // There is one to be handed back, or else nobody comes here.
        let _ = self.update(|lent| Some(lent - 1));
    }

    /// Ends the lease, and says whether this call did; the number of buffers that are out if
    /// there are any.
    pub(super) fn end(&self) -> std::result::Result<bool, usize> {
        match self.update(|lent| (lent == 0).then_some(Self::OVER)) {
            Ok(_) => Ok(true),
            Err(Self::OVER) => Ok(false),
            Err(lent) => Err(lent),
        }
    }

    /// Ends the lease of a view that dies: whether it lasted until now.
    #[inline]
    pub(super) fn end_with_view(&mut self) -> bool {
        *self.0.get_mut() != Self::OVER
    }

    /// Changes the count, unless `change` gives none; what it was before.
    #[inline]
    fn update(&self, change: impl Fn(usize) -> Option<usize>) -> std::result::Result<usize, usize> {
        #[cfg(Py_GIL_DISABLED)]
        {
            self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
        }
        #[cfg(not(Py_GIL_DISABLED))]
        {
            // The GIL keeps others out.
            let lent = self.0.load(Ordering::Relaxed);
            self.0.store(change(lent).ok_or(lent)?, Ordering::Relaxed);
            Ok(lent)
        }
    }
}

/// Permission to touch a view's memory until Python code runs again. The GIL keeps others out.
#[cfg(not(Py_GIL_DISABLED))]
pub(super) struct Access<'a>(pub(super) &'a AnyArray);
#[cfg(Py_GIL_DISABLED)]
pub(super) type Access<'a> = Hold<'a>;

#[cfg(not(Py_GIL_DISABLED))]
impl Deref for Access<'_> {
    type Target = AnyArray;

    #[inline]
    fn deref(&self) -> &AnyArray {
        self.0
    }
}

/// Permission to touch a view's memory for as long as it lives: the memory stays, even if the view
/// is released meanwhile.
pub(super) struct Hold<'a> {
    pub(super) array: &'a AnyArray,
    pub(super) root: HeldRoot<'a>,
    pub(super) py: Python<'a>,
}

/// The root of a hold: the view's own, or that of its parent, which it keeps alive.
pub(super) enum HeldRoot<'a> {
    Own(&'a Root),
    Parents(Bound<'a, PyConsumerArray>),
}

impl Deref for HeldRoot<'_> {
    type Target = Root;

    #[inline]
    fn deref(&self) -> &Root {
        match self {
            Self::Own(root) => root,
            Self::Parents(parent) => parent.get().own_root(),
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

impl Hold<'_> {
    /// Another view of the memory that is held: elements of `this`, the view that it was held for,
    /// which may be released by now.
    ///
    /// # Safety
    /// The layout leads from `start` to elements of the view, and no others.
    pub(super) unsafe fn share_part<'py>(
        &self,
        this: &Bound<'py, PyConsumerArray>,
        start: *mut u8,
        layout: Layout,
    ) -> PyResult<Bound<'py, PyConsumerArray>> {
        let root = match &self.root {
            HeldRoot::Own(_) => this.clone(),
            HeldRoot::Parents(parent) => parent.clone().unbind().into_bound(this.py()),
        };
        // SAFETY: as the caller says; this is a hold on the root.
        unsafe {
            PyConsumerArray::child_of(root, |place| {
                place.write(self.array.with_layout(start, layout, self.array.readonly()));
            })
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.root.drop_hold(self.py);
    }
}
