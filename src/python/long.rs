//! Work that takes long: other threads run meanwhile, and Ctrl-C ends it.
//!
//! What touches nothing but the elements of held views lets go of the GIL for as long as it takes,
//! and is done piece by piece; what makes objects does so for a moment from time to time. In both
//! the signals that came meanwhile are handled between two pieces, and where a handler raises, as
//! Python's own does for Ctrl-C, the work ends there.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::error::Result;
use crate::kernels::pieces::{self, Sequence};
use crate::view::RawView;

/// Bytes of a view from which work on it takes about a millisecond. To let go of the GIL costs 50 ns
/// and to have it back as much, but where another thread has taken it, up to 5 ms.
const LONG: usize = 4 << 20;

/// Bytes of a piece, which most work needs some milliseconds for.
const PIECE: usize = 16 << 20;

/// How long signals wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// Objects that are made between two pauses, which takes about a millisecond.
const OBJECTS: usize = 1 << 16;

/// Whether work on a view takes long enough to let others run.
#[inline]
pub(super) fn is_long(view: RawView<'_>) -> bool {
    view.layout().nbytes() >= LONG
}

/// Does work on held views of one shape: in one where they are small, else detached, piece by piece.
/// `work` is given the pieces, and the number of elements before them in C order (which counts for
/// nothing where the pieces come in any sequence), and says whether to go on.
///
/// # Errors
/// Those of `work`, and what a signal's handler raises.
///
/// # Safety
/// `work` touches nothing that is Python's.
#[inline]
pub(super) unsafe fn in_pieces<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    sequence: Sequence,
    mut work: impl FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> PyResult<()> {
    if !views.iter().any(|&view| is_long(view)) {
        work(views, 0)?;
        return Ok(());
    }
    // SAFETY: as the caller says.
    unsafe { piece_by_piece(py, views, sequence, &mut work) }
}

/// As [`in_pieces`], for long work; not compiled for each type.
///
/// # Safety
/// As for [`in_pieces`].
#[inline(never)]
unsafe fn piece_by_piece<const N: usize>(
    py: Python<'_>,
    views: [RawView<'_>; N],
    sequence: Sequence,
    work: &mut dyn FnMut([RawView<'_>; N], usize) -> Result<bool>,
) -> PyResult<()> {
    // SAFETY: as the caller says.
    unsafe {
        detached(py, || {
            let (mut interrupted, mut last) = (Ok(()), Instant::now());
            pieces::for_each_piece(views, PIECE, sequence, &mut |parts, before| {
                let go_on = work(parts, before)?;
                if go_on && last.elapsed() >= PATIENCE {
                    // At the interpreter's end there is nobody left to be interrupted.
                    interrupted = Python::try_attach(handle_signals).unwrap_or(Ok(()));
                    last = Instant::now();
                }
                Ok(go_on && interrupted.is_ok())
            })?;
            interrupted
        })
    }
}

/// Runs `body` while other threads may have the interpreter.
///
/// # Safety
/// `body` touches nothing that is Python's, but for what it attaches itself for.
unsafe fn detached<R: Send>(py: Python<'_>, body: impl FnOnce() -> R) -> R {
    struct OnThisThread<F>(F);
    // SAFETY: `detach` asks for it to keep what is Python's out, as the caller does here. It runs
    // the function on the thread that calls it, which so is never sent to another.
    unsafe impl<F> Send for OnThisThread<F> {}
    impl<R, F: FnOnce() -> R> OnThisThread<F> {
        fn run(self) -> R {
            self.0()
        }
    }
    let body = OnThisThread(body);
    py.detach(move || body.run())
}

/// Calls the handlers of signals that came, where this is the main thread.
fn handle_signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

/// The pauses of work that makes objects.
pub(super) struct Pauses<'py> {
    py: Python<'py>,
    /// How many objects are made before the next pause.
    left: usize,
    /// Whether there are any pauses.
    some: bool,
}

impl<'py> Pauses<'py> {
    /// The pauses for so many objects: none for few.
    #[inline]
    pub(super) fn among(py: Python<'py>, objects: usize) -> Self {
        let some = objects > OBJECTS;
        Self { py, left: OBJECTS, some }
    }

    pub(super) fn py(&self) -> Python<'py> {
        self.py
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn are_some(&self) -> bool {
        self.some
    }

    /// How many of the next `wanted` objects to make before asking again; a pause where that is due.
    /// Anybody's code may run in it.
    ///
    /// # Errors
    /// What a signal's handler raises.
    #[inline]
    pub(super) fn next(&mut self, wanted: usize) -> PyResult<usize> {
        if !self.some {
            return Ok(wanted);
        }
        if self.left == 0 {
            self.pause()?;
        }
        let next = wanted.min(self.left);
        self.left -= next;
        Ok(next)
    }

    #[cold]
    fn pause(&mut self) -> PyResult<()> {
        self.left = OBJECTS;
        // Whoever waits for the GIL gets it now.
        self.py.detach(|| ());
        handle_signals(self.py)
    }
}
