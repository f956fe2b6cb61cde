//! Large operations: other threads run in the meantime, and Ctrl-C ends them.
//!
//! Work that touches nothing but the elements of held views runs detached from the interpreter
//! ("without the GIL"), piece by piece ([`in_pieces`]). Work that creates objects has to stay
//! attached, and detaches for a moment every now and then ([`Checkpoints`]). So has work that moves
//! references to objects, each piece of which ends as it began, with every reference owned
//! ([`in_attached_pieces`]). In all cases signals are handled between two pieces; where a handler
//! raises, as Python's own does for Ctrl-C, the operation ends there.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use consumer::error::Result;
use consumer::kernels::pieces::{self, Sequence};
use consumer::layout::Layout;
use consumer::view::RawView;

/// Views of at least so many bytes are worked on detached; elements of no bytes count as one byte
/// each. Detaching costs next to nothing, but where another thread takes the GIL meanwhile, waiting
/// to have it back takes up to its switch interval; smaller views are done sooner than that.
const LARGE_BYTES: usize = 4 << 20;

/// Bytes of a piece. A piece takes some milliseconds, well below [`SIGNAL_INTERVAL`].
const PIECE_BYTES: usize = 16 << 20;

/// Bytes of a piece of elements that are taken one by one, which takes much longer.
const SLOW_PIECE_BYTES: usize = PIECE_BYTES / 32;

/// How long a signal waits for its handler, at most.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Bytes of a piece of references, which is worked on attached: less than a millisecond of work, so
/// that other threads do not wait for longer than they would for Python code.
const ATTACHED_PIECE_BYTES: usize = 1 << 20;

/// Objects that are created between two checkpoints.
const OBJECTS_PER_CHECKPOINT: usize = 1 << 16;

/// Returns whether an operation on a view takes long enough to detach for it.
#[inline]
pub(crate) fn is_large(view: RawView<'_>) -> bool {
    takes_long(view.layout())
}

/// Returns whether an operation on elements of a layout takes long enough to detach for it.
#[inline]
pub(crate) fn takes_long(layout: &Layout) -> bool {
    layout.work() >= LARGE_BYTES
}

/// Does work on held views of the same shape: in one go if they are small, else detached and piece
/// by piece. `work` receives a piece of each view and the number of elements before it in C order
/// (of no meaning if the pieces come in any sequence), and returns whether to go on.
///
/// # Errors
/// Returns the error of `work`, or the exception that a signal handler raises.
///
/// # Safety
/// `work` uses no Python object and calls no function of the interpreter. It neither follows nor
/// stores references to objects: another thread may end an object at any moment.
#[inline]
pub(crate) unsafe fn in_pieces<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    sequence: Sequence,
    mut work: impl FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> PyResult<()> {
    if !views.iter().any(|&view| is_large(view)) {
        work(views, 0)?;
        return Ok(());
    }
    // SAFETY: the caller guarantees it.
    unsafe { piece_by_piece(py, views, PIECE_BYTES, sequence, &mut work) }
}

/// The same as [`in_pieces`], in any sequence, for work that may take the elements one by one.
///
/// # Errors
/// The same as for [`in_pieces`].
///
/// # Safety
/// The same as for [`in_pieces`].
#[inline]
pub(crate) unsafe fn in_small_pieces<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    mut work: impl FnMut([RawView<'_>; N]) -> Result<bool>,
) -> PyResult<()> {
    if !views.iter().any(|&view| is_large(view)) {
        work(views)?;
        return Ok(());
    }
    let work = &mut |parts: [RawView<'_>; N], _| work(parts);
    // SAFETY: the caller guarantees it.
    unsafe { piece_by_piece(py, views, SLOW_PIECE_BYTES, Sequence::Any, work) }
}

/// Does work on large views, compiled once for each number of views.
///
/// # Safety
/// The same as for [`in_pieces`].
#[inline(never)]
unsafe fn piece_by_piece<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    max_bytes: usize,
    sequence: Sequence,
    work: &mut dyn FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> PyResult<()> {
    // SAFETY: the caller guarantees it.
    unsafe {
        with_pauses(py, &mut |go_on| {
            pieces::for_each_piece(views, max_bytes, sequence, &mut |parts, before| {
                Ok(work(parts, before)? && go_on())
            })?;
            Ok(())
        })
    }
}

/// Does work detached that calls what it is given every few milliseconds, and ends where that
/// returns false: signals are handled there.
///
/// # Errors
/// Returns the error of `work`, or the exception that a signal handler raises.
///
/// # Safety
/// The same as for [`in_pieces`].
pub(crate) unsafe fn with_pauses(
    py: Python<'_>,
    work: &mut dyn FnMut(&mut dyn FnMut() -> bool) -> Result<()>,
) -> PyResult<()> {
    // SAFETY: `work` uses nothing of Python's, says the caller; the handlers of signals are run
    // attached.
    unsafe {
        detached(py, || {
            let (mut interrupted, mut last) = (Ok(()), Instant::now());
            work(&mut || {
                if last.elapsed() >= SIGNAL_INTERVAL {
                    // While the interpreter shuts down there is no attaching, and no handler.
                    interrupted = Python::try_attach(handle_signals).unwrap_or(Ok(()));
                    last = Instant::now();
                }
                interrupted.is_ok()
            })?;
            interrupted
        })
    }
}

/// Does work on held views of the same shape that has to stay attached: in one go if they are
/// small, else piece by piece in C order, with a checkpoint between two pieces, which may run
/// arbitrary Python code. `work` receives a piece of each view and the number of elements before
/// it.
///
/// # Errors
/// Returns the error of `work`, or the exception that a signal handler raises.
pub(crate) fn in_attached_pieces<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    work: &mut dyn FnMut([RawView<'_>; N], usize) -> Result<()>,
) -> PyResult<()> {
    if !views.iter().any(|&view| is_large(view)) {
        return Ok(work(views, 0)?);
    }
    let mut interrupted = Ok(());
    pieces::for_each_piece(
        views,
        ATTACHED_PIECE_BYTES,
        Sequence::Forward,
        &mut |parts, before| {
            work(parts, before)?;
            interrupted = checkpoint(py);
            Ok(interrupted.is_ok())
        },
    )?;
    interrupted
}

/// Runs `body` while other threads may be attached.
///
/// # Safety
/// `body` uses nothing of Python's, except where it attaches itself.
unsafe fn detached<R: Send>(py: Python<'_>, body: impl FnOnce() -> R) -> R {
    struct OnThisThread<F>(F);
    // SAFETY: `Python::detach` requires `Send` to keep Python's objects out of the closure, which
    // the caller guarantees. It calls the closure on the calling thread, so none is ever sent.
    unsafe impl<F> Send for OnThisThread<F> {}
    impl<R, F: FnOnce() -> R> OnThisThread<F> {
        fn run(self) -> R {
            self.0()
        }
    }
    let body = OnThisThread(body);
    py.detach(move || body.run())
}

/// Calls the handlers of pending signals, if this is the main thread.
fn handle_signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

/// Lets other threads run and signals be handled, which may run arbitrary Python code.
fn checkpoint(py: Python<'_>) -> PyResult<()> {
    // A thread that waits for the GIL takes it here.
    py.detach(|| ());
    handle_signals(py)
}

/// The checkpoints of an operation that creates many objects: moments at which other threads run
/// and signals are handled.
pub(crate) struct Checkpoints<'py> {
    py: Python<'py>,
    /// How many objects may be created before the next one.
    left: usize,
    /// Whether there are any.
    any: bool,
}

impl<'py> Checkpoints<'py> {
    /// The checkpoints among so many objects; none if those are few.
    #[inline]
    pub(crate) fn for_objects(py: Python<'py>, count: usize) -> Self {
        Self { py, left: OBJECTS_PER_CHECKPOINT, any: count > OBJECTS_PER_CHECKPOINT }
    }

    /// No checkpoints: for objects that are part of another one.
    #[inline]
    pub(crate) fn none(py: Python<'py>) -> Self {
        Self::for_objects(py, 0)
    }

    pub(crate) fn py(&self) -> Python<'py> {
        self.py
    }

    /// Returns whether there are any.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Returns how many of the next `wanted` objects to create before asking again. Passes a
    /// checkpoint first if one is due, which may run arbitrary Python code.
    ///
    /// # Errors
    /// Returns the exception that a signal handler raises.
    #[inline]
    pub(crate) fn advance(&mut self, wanted: usize) -> PyResult<usize> {
        if !self.any {
            return Ok(wanted);
        }
        if self.left == 0 {
            self.pass()?;
        }
        let next = wanted.min(self.left);
        self.left -= next;
        Ok(next)
    }

    #[cold]
    fn pass(&mut self) -> PyResult<()> {
        self.left = OBJECTS_PER_CHECKPOINT;
        checkpoint(self.py)
    }
}
