//! The class `ConsumerArray`: its fields, and how a view ends.

use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::sync::atomic::AtomicIsize;

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use consumer::array::AnyArray;
use consumer::python::exceptions::PyBufferError;
use consumer::python::stack;

use super::root::Root;
use super::usage::Usage;

/// A typed, zero-copy view of the memory that another object exports (PEP 3118).
///
/// consume(object) makes one. It can be indexed, sliced, iterated, compared and assigned to, in any
/// number of dimensions, and exports the same memory again; everything made from it shares that
/// memory, and keeps the export alive.
///
/// A view without dimensions is a ConsumerScalar: also a number, where its one element is one.
///
/// Work on many megabytes lets other threads run meanwhile, and ends where a signal's handler
/// raises, as at Ctrl-C: what was stored until then stays.
///
/// ConsumerArray(length) makes one over memory of its own: writable int32 elements 0, 1, …,
/// length - 1. A negative length counts as 0; one that is too large raises MemoryError.
///
/// To a type checker ConsumerArray[T] is a view of elements of the type T in one dimension. In more
/// of them v[i] and iteration give views of one dimension less, and these are the second parameter:
/// ConsumerArray[T, ConsumerArray[T]] has two dimensions, and ConsumerArray[T, Any] any number.
///
/// >>> import array, consumer
/// >>> v = consumer.consume(array.array("i", [1, 2, 3, 4, 5]))
/// >>> print(v)
/// [ 1 2 3 4 5 ]
/// >>> v[1:4].tolist()
/// [2, 3, 4]
/// >>> print(consumer.ConsumerArray(3))
/// [ 0 1 2 ]
#[allow(rustdoc::broken_intra_doc_links, reason = "the text above is Python's")]
#[pyclass(frozen, immutable_type, weakref, generic, name = "ConsumerArray", module = "consumer")]
pub(crate) struct PyConsumerArray {
    /// Used by access.rs and create.rs only, because its memory ends with a release. It is dropped
    /// with the view, unless it owns nothing: the drops of all its parts take longer than that look.
    pub(super) array: ManuallyDrop<AnyArray>,
    pub(super) usage: Usage,
    /// The hash once it was asked for; -1 before, which no hash is.
    pub(crate) hash: AtomicIsize,
    /// Whether the garbage collector tracks the view, because a cycle can lead through it.
    pub(super) is_tracked: bool,
    parent: UnsafeCell<Parent>,
    /// What the memory comes from, if this view is the root; in other views there is nothing in it.
    pub(super) root: Root,
}

/// The view that is the root of another one.
pub(super) enum Parent {
    /// The view is the root itself.
    Itself,
    View(Py<PyConsumerArray>),
    /// The view is released and keeps nothing alive any more.
    Gone,
}

// SAFETY: of the fields, `array` is immutable, and its memory is only reached under the rule of
// access.rs, by value, so that concurrent stores can mix bytes but never make an invalid value;
// `usage`, `hash` and the root are atomic or `Sync`; `parent` is only changed where `usage` says
// that nobody looks at it any more.
unsafe impl Send for PyConsumerArray {}
// SAFETY: as for `Send`.
unsafe impl Sync for PyConsumerArray {}

/// The fields that every view starts with.
pub(super) struct Start {
    pub(super) usage: Usage,
    pub(super) is_tracked: bool,
    pub(super) parent: Parent,
}

impl PyConsumerArray {
    /// A view that is not in its final place yet.
    pub(super) fn new_unplaced(array: AnyArray, root: Root, start: Start) -> Self {
        Self {
            array: ManuallyDrop::new(array),
            usage: start.usage,
            hash: AtomicIsize::new(-1),
            is_tracked: start.is_tracked,
            parent: UnsafeCell::new(start.parent),
            root,
        }
    }

    /// Writes every field but the array and the root.
    ///
    /// # Safety
    /// `place` is valid for writes.
    #[inline(always)]
    pub(super) unsafe fn write_start(place: *mut Self, start: Start) {
        // SAFETY: the caller guarantees it.
        unsafe {
            (&raw mut (*place).usage).write(start.usage);
            (&raw mut (*place).hash).write(AtomicIsize::new(-1));
            (&raw mut (*place).is_tracked).write(start.is_tracked);
            (&raw mut (*place).parent).write(UnsafeCell::new(start.parent));
        }
    }

    /// Returns the view that is the root of this one; `None` if that is the view itself.
    ///
    /// # Safety
    /// For as long as the result is used there is an `Access` to the view, or a `Hold` on it.
    #[inline]
    pub(super) unsafe fn parent<'a, 'py>(
        &'a self,
        py: Python<'py>,
    ) -> Option<&'a Bound<'py, Self>> {
        // SAFETY: the parent is only changed by `let_go`, when there are neither.
        match unsafe { &*self.parent.get() } {
            Parent::View(parent) => Some(parent.bind(py)),
            Parent::Itself | Parent::Gone => None,
        }
    }

    /// Gives the view's memory up for good.
    ///
    /// # Errors
    /// BufferError if somebody has a buffer of the view; RecursionError if the exporter's code,
    /// which may release other views, would have little of the stack left.
    #[inline(always)]
    pub(crate) fn release_view(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_tracked {
            stack::check(py)?;
        }
        match self.usage.release() {
            // SAFETY: the usage has just said that it is time.
            Ok(true) => unsafe { self.let_go(py) },
            Ok(false) => {}
            Err(exports) => return Err(exported(exports)),
        }
        Ok(())
    }

    /// Drops the view's hold on its root, and the reference to it. A root that only its released
    /// slices refer to ends with them.
    ///
    /// # Safety
    /// The usage has said that it is time: the view is released and no operation holds it.
    #[inline(always)]
    pub(super) unsafe fn let_go(&self, py: Python<'_>) {
        // SAFETY: the usage says so once, so that nobody else changes the parent. It is only looked
        // at under a hold, of which there are none and will be none; or under an access, which with
        // a GIL does not last until Python code runs, such as whatever brought us here, and without
        // one is a hold.
        let parent = unsafe { &mut *self.parent.get() };
        if matches!(parent, Parent::Itself) {
            // The place stays: the garbage collector goes by it for as long as there are slices.
            return self.root.drop_hold(py);
        }
        // It is out of its place before its end can run Python code.
        if let Parent::View(parent) = std::mem::replace(parent, Parent::Gone) {
            let parent = parent.into_bound(py);
            parent.get().root.drop_hold(py);
        }
    }

    /// Counts one more export of the view.
    ///
    /// # Errors
    /// ValueError if the view is released.
    #[inline]
    pub(crate) fn acquire_export(&self) -> PyResult<()> {
        self.usage.add_export()
    }

    /// The same; returns whether it did.
    #[inline(always)]
    pub(crate) fn try_acquire_export(&self) -> bool {
        self.usage.try_add_export()
    }

    /// Counts one export less: one that was acquired.
    #[inline]
    pub(crate) fn release_export(&self) {
        self.usage.drop_export();
    }

    /// Returns whether the garbage collector tracks the view.
    #[inline]
    pub(crate) fn is_tracked(&self) -> bool {
        self.is_tracked
    }

    /// Returns whether the view is released.
    #[inline]
    pub(crate) fn is_released(&self) -> bool {
        self.usage.is_released()
    }

    /// Returns whether the death of the view is certain to end no other object but a root, which
    /// looks for itself, and to run no code but ours. Nobody else has the view. (Without a GIL it
    /// is only most likely: others may drop their references at the same moment.)
    #[inline(always)]
    pub(super) fn ends_alone(&mut self) -> bool {
        let open = self.usage.is_open_at_death();
        match self.parent.get_mut() {
            Parent::Gone => true,
            // SAFETY: a view that is open holds its root.
            Parent::Itself => !open || unsafe { self.root.ends_alone() },
            Parent::View(parent) => {
                let root = &parent.get().root;
                // With a GIL the last hold is seldom that of a slice.
                // SAFETY: as above.
                !open
                    || !root.is_held_once()
                    || (cfg!(Py_GIL_DISABLED) && unsafe { root.ends_alone() })
            }
        }
    }

    /// Shows what the view keeps alive to the garbage collector.
    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: the collector runs no Python code and stops all other threads, so that nobody
        // changes the parent.
        match unsafe { &*self.parent.get() } {
            Parent::Itself => self.root.traverse(visit),
            Parent::View(parent) => visit.call(parent),
            Parent::Gone => Ok(()),
        }
    }
}

impl Drop for PyConsumerArray {
    fn drop(&mut self) {
        // SAFETY: objects are deallocated attached.
        let py = unsafe { Python::assume_attached() };
        let open = self.usage.is_open_at_death();
        match std::mem::replace(self.parent.get_mut(), Parent::Gone) {
            Parent::View(parent) => {
                // PyO3 does not know that the deallocator is attached, and would put dropping a
                // `Py` off; a `Bound` is dropped at once.
                let parent = parent.into_bound(py);
                if open {
                    parent.get().root.drop_hold(py);
                }
            }
            Parent::Itself => {
                if open {
                    self.root.drop_hold(py);
                }
            }
            Parent::Gone => {}
        }
        if !self.array.owns_nothing() {
            // SAFETY: it is dropped here only, and nobody has the view any more.
            unsafe { ManuallyDrop::drop(&mut self.array) };
        }
    }
}

/// The exception for the release of a view that has exports.
#[cold]
#[inline(never)]
fn exported(exports: u64) -> PyErr {
    let plural = if exports == 1 { "" } else { "s" };
    PyBufferError::new_err(format!("ConsumerArray has {exports} exported buffer{plural}"))
}
