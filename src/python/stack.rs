//! How much of the thread's stack is left: RecursionError before it overflows.
//!
//! Where the user's code runs inside ours, it may come back to us: an object that is compared holds
//! the view that it is in, an exporter consumes itself. CPython limits such recursion by counting,
//! with numbers that are meant for the frames of its own functions and the stack of the main
//! thread. So whoever calls code that may come back looks at the stack itself first. That is one
//! comparison with a bound that each thread finds out once.
//!
//! Where the bounds are not known, on other systems and on stacks that a program switches to, only
//! CPython's count ends a recursion.

use std::cell::Cell;

use pyo3::ffi;
use pyo3::prelude::*;

use super::errors::restore;
use super::exceptions::PyRecursionError;
use super::version::since_3_12;

/// The most that has to be left of a stack: what the user's code, and the interpreter under it, may
/// take before it comes back.
const MAX_RESERVE: usize = 256 << 10;

/// Where a thread's stack ends, and how many bytes from there on are the reserve. A thread that has
/// not looked yet takes all of memory for its reserve, and so looks; one that cannot know has none.
#[derive(Clone, Copy)]
struct Reserve {
    end: usize,
    size: usize,
}

thread_local! {
    static RESERVE: Cell<Reserve> = const { Cell::new(Reserve { end: 0, size: usize::MAX }) };
}

/// Returns whether the thread has more than its reserve left.
#[must_use]
#[inline(always)]
pub fn has_room() -> bool {
    // A stack that is none of the thread's own lies outside of the reserve.
    RESERVE.with(|reserve| {
        let Reserve { end, size } = reserve.get();
        position().wrapping_sub(end) >= size || look_again(reserve)
    })
}

/// Finds out where the stack ends, which may have changed, and answers then.
#[cold]
#[inline(never)]
fn look_again(reserve: &Cell<Reserve>) -> bool {
    let found = bounds().map_or(Reserve { end: 0, size: 0 }, |(end, size)| Reserve {
        end,
        size: (size / 4).min(MAX_RESERVE),
    });
    reserve.set(found);
    position().wrapping_sub(found.end) >= found.size
}

/// Returns an error if little of the stack is left: before code is called that may come back.
///
/// # Errors
/// RecursionError.
#[inline(always)]
pub fn check(_attached: Python<'_>) -> PyResult<()> {
    if has_room() { Ok(()) } else { Err(too_deep()) }
}

const TOO_DEEP: &str = "maximum recursion depth exceeded: the thread's stack is almost full";

#[cold]
#[inline(never)]
fn too_deep() -> PyErr {
    PyRecursionError::new_err(TOO_DEEP)
}

/// Sets the error of [`check`] as the exception, for functions that go around PyO3, and returns
/// NULL.
#[cold]
#[inline(never)]
pub fn raise_too_deep(py: Python<'_>) -> *mut ffi::PyObject {
    restore(py, too_deep());
    std::ptr::null_mut()
}

/// A level of recursion that the interpreter counts, until it is dropped.
#[must_use]
pub struct Level<'py>(Python<'py>);

/// Enters a level of recursion that goes through C only, which nothing else counts.
///
/// # Errors
/// RecursionError if there are too many, or if little of the stack is left.
pub fn enter(py: Python<'_>) -> PyResult<Level<'_>> {
    check(py)?;
    // SAFETY: attached; the text is a C string, which ends the message.
    let status = unsafe { ffi::Py_EnterRecursiveCall(c" in a ConsumerArray".as_ptr()) };
    if status == 0 { Ok(Level(py)) } else { Err(PyErr::fetch(py)) }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        let _attached: Python<'_> = self.0;
        // SAFETY: attached; the level was entered, and levels are left in the reverse order,
        // because they are local to their functions.
        unsafe { ffi::Py_LeaveRecursiveCall() };
    }
}

/// Returns whether the user's own code may run when an object of the class is asked for a buffer or
/// gives one back: whether the functions for that are those of a class written in Python.
///
/// # Safety
/// `class` is a class, and alive.
#[must_use]
#[inline(always)]
pub unsafe fn may_run_python(class: *mut ffi::PyTypeObject) -> bool {
    // Before Python 3.12, only classes written in C have buffers of their own.
    // SAFETY: the caller guarantees it.
    since_3_12() && unsafe { is_mutable(class) && !inherits_buffer(class) }
}

/// Returns whether Python code can change a class, as it can all that are written in Python.
///
/// # Safety
/// The same as for [`may_run_python`].
#[must_use]
#[inline(always)]
pub unsafe fn is_mutable(class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: the caller guarantees it.
    #[cfg(not(any(Py_GIL_DISABLED, Py_LIMITED_API)))]
    let flags = unsafe { (*class).tp_flags };
    // SAFETY: the caller guarantees it.
    #[cfg(any(Py_GIL_DISABLED, Py_LIMITED_API))]
    let flags = unsafe { ffi::PyType_GetFlags(class) };
    flags & ffi::Py_TPFLAGS_HEAPTYPE != 0 && flags & ffi::Py_TPFLAGS_IMMUTABLETYPE == 0
}

/// Returns whether a class has both functions of its buffers from one that Python code cannot
/// change.
///
/// # Safety
/// The same as for [`may_run_python`].
#[inline(never)]
unsafe fn inherits_buffer(class: *mut ffi::PyTypeObject) -> bool {
    #[cfg(Py_LIMITED_API)]
    let functions = |class: *mut ffi::PyTypeObject| {
        // SAFETY: the class is alive, and both are slots.
        [ffi::Py_bf_getbuffer, ffi::Py_bf_releasebuffer]
            .map(|slot| unsafe { ffi::PyType_GetSlot(class, slot) })
    };
    #[cfg(not(Py_LIMITED_API))]
    let functions = |class: *mut ffi::PyTypeObject| {
        // SAFETY: the class is alive; its table of functions is NULL or its own.
        unsafe { (*class).tp_as_buffer.as_ref() }.map(|table| {
            (table.bf_getbuffer.map(|f| f as usize), table.bf_releasebuffer.map(|f| f as usize))
        })
    };
    // SAFETY: the caller guarantees it.
    let base = unsafe { immutable_base(class) };
    !base.is_null() && functions(base) == functions(class)
}

/// Returns the first class that Python code cannot change among those whose memory the instances of
/// a class begin with, itself included; NULL if there is none.
///
/// # Safety
/// The same as for [`may_run_python`].
#[must_use]
pub unsafe fn immutable_base(class: *mut ffi::PyTypeObject) -> *mut ffi::PyTypeObject {
    let mut base = class;
    // SAFETY: a class holds its base, and the caller the first.
    unsafe {
        while !base.is_null() && is_mutable(base) {
            base = base_of(base);
        }
    }
    base
}

/// Returns the class that a class is derived from; NULL if there is none.
///
/// # Safety
/// The same as for [`may_run_python`].
#[inline(always)]
unsafe fn base_of(class: *mut ffi::PyTypeObject) -> *mut ffi::PyTypeObject {
    // SAFETY: the caller guarantees it.
    unsafe {
        #[cfg(not(Py_LIMITED_API))]
        return (*class).tp_base;
        #[cfg(Py_LIMITED_API)]
        return ffi::PyType_GetSlot(class, ffi::Py_tp_base).cast();
    }
}

/// The stack pointer, or an address close to it. Under AddressSanitizer the address of a variable
/// would tell nothing: it may be on the heap.
#[inline(always)]
fn position() -> usize {
    let position: usize;
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: only reads a register.
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) position, options(nomem, nostack, preserves_flags));
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: only reads a register.
    unsafe {
        std::arch::asm!("mov {}, sp", out(reg) position, options(nomem, nostack, preserves_flags));
    }
    #[cfg(any(not(any(target_arch = "x86_64", target_arch = "aarch64")), miri))]
    {
        let here = 0_u8;
        position = std::hint::black_box(&raw const here).addr();
    }
    position
}

/// Returns the lowest address of the thread's stack and its size; `None` if nothing tells them.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bounds() -> Option<(usize, usize)> {
    use std::mem::MaybeUninit;

    // musl reports of the main thread's stack what is in use, not how far it may grow.
    // SAFETY: neither call has a requirement.
    let is_main = unsafe { libc::c_long::from(libc::getpid()) == libc::syscall(libc::SYS_gettid) };
    if cfg!(target_env = "musl") && is_main {
        return None;
    }
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut start, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are filled in where the first call succeeds, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let status =
            libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (status == 0 && !start.is_null() && size > 0).then(|| (start.addr(), size))
    }
}

/// Returns the lowest address of the thread's stack and its size; `None` if nothing tells them.
#[cfg(target_vendor = "apple")]
fn bounds() -> Option<(usize, usize)> {
    // SAFETY: neither call has a requirement.
    let (top, size) = unsafe {
        let thread = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(thread).addr(), libc::pthread_get_stacksize_np(thread))
    };
    Some((top.checked_sub(size)?, size))
}

/// Returns the lowest address of the thread's stack and its size; `None` if nothing tells them.
#[cfg(windows)]
fn bounds() -> Option<(usize, usize)> {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetCurrentThreadStackLimits(low: *mut usize, high: *mut usize);
    }
    let (mut low, mut high) = (0, 0);
    // SAFETY: both places are valid for writes.
    unsafe { GetCurrentThreadStackLimits(&raw mut low, &raw mut high) };
    Some((low, high.checked_sub(low)?))
}

/// Returns the lowest address of the thread's stack and its size: nothing tells them.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
fn bounds() -> Option<(usize, usize)> {
    None
}
