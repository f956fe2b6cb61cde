//! The end of long chains: views that hold each other, directly or through other objects.
//!
//! The death of a view may end its exporter, or the objects in its memory, and with them the next
//! view, whose death ends another one: each on the stack of the one before. CPython's containers
//! interrupt such chains by a mechanism that is private to it, and so do views by one of their own.
//! Where views die so deep in the deaths of others, they are put aside, untouched, and the
//! outermost of these deaths goes on with them once it is back. Every chain that leads through a
//! view again and again comes by here.
//!
//! A view that is put aside has no references to it and is not tracked by the garbage collector, so
//! that nobody finds it. The list of them is a chain through the views themselves: it takes no
//! memory.

use std::cell::Cell;

use pyo3::ffi;

use consumer::python::stack;

/// How many deaths may be under way in a thread. Each takes some kilobytes of its stack at most.
const MAX_DEPTH: usize = 16;

struct Deaths {
    /// How many are under way.
    depth: Cell<usize>,
    /// The last view that was put aside; NULL if there is none.
    aside: Cell<*mut ffi::PyObject>,
}

thread_local! {
    // Nothing in here is dropped, so that it is there until the thread has ended.
    static DEATHS: Deaths =
        const { Deaths { depth: Cell::new(0), aside: Cell::new(std::ptr::null_mut()) } };
}

/// Ends a view by `finish`, now or a little later in the same thread, and with the outermost one
/// all those that were put aside meanwhile. `next` is the place in a view for the view that was put
/// aside before it.
///
/// # Safety
/// The thread is attached. `finish` may be called with the object once. `next` returns a place that
/// is valid until then and used by nobody else, for this object and for every other that this
/// function is called with.
pub(super) unsafe fn end(
    object: *mut ffi::PyObject,
    finish: unsafe fn(*mut ffi::PyObject),
    next: unsafe fn(*mut ffi::PyObject) -> *mut *mut ffi::PyObject,
) {
    DEATHS.with(|deaths| {
        let depth = deaths.depth.get();
        if depth > 0 && (depth >= MAX_DEPTH || !stack::has_room()) {
            // SAFETY: the caller guarantees the place.
            unsafe { next(object).write(deaths.aside.replace(object)) };
            return;
        }
        deaths.depth.set(depth + 1);
        // SAFETY: the caller guarantees it for this object, and whoever put others aside for those,
        // each of which is taken out of the list first.
        unsafe {
            finish(object);
            while depth == 0 && !deaths.aside.get().is_null() {
                let object = deaths.aside.get();
                deaths.aside.set(next(object).read());
                finish(object);
            }
        }
        deaths.depth.set(depth);
    });
}
