//! Arguments and results for extensions of [PyO3](https://pyo3.rs): any memory that Python has,
//! typed and checked, without a copy and without NumPy.
//!
//! This is a whole extension. Its functions take arrays of NumPy, `array.array`, ctypes,
//! memoryviews and whatever else shares its memory, and refuse everything else with a
//! TypeError that says why:
//!
//! ```
//! #[pyo3::pymodule]
//! mod geometry {
//!     use consumer::extension::{Array, Last, Owned, Rw};
//!     use pyo3::prelude::*;
//!
//!     /// The distance of each point from the origin.
//!     #[pyfunction]
//!     fn norms(py: Python<'_>, points: Array<f64, 2, Last<3>>) -> PyResult<Owned<f64, 1>> {
//!         let flat = py.detach(|| points.to_vec())?;
//!         let norm = |point: &[f64]| point.iter().map(|x| x * x).sum::<f64>().sqrt();
//!         Ok(flat.chunks_exact(3).map(norm).collect::<Vec<_>>().into())
//!     }
//!
//!     /// Scales numbers where they are.
//!     #[pyfunction]
//!     fn scale(numbers: Array<f64, 1, Rw>, factor: f64) {
//!         numbers.map_in_place(|number| number * factor);
//!     }
//! }
//! # use pyo3::prelude::*;
//! # pyo3::append_to_inittab!(geometry);
//! # Python::initialize();
//! # let code = c"
//! # import array, ctypes, geometry
//! # numbers = array.array('d', [1, 2, 2, 0, 3, 4])
//! # points = memoryview(numbers).cast('B').cast('d', [2, 3])
//! # assert geometry.norms(points).tolist() == [3.0, 5.0]
//! # geometry.scale(numbers, 2.0)
//! # assert geometry.norms(points).tolist() == [6.0, 10.0]
//! # assert geometry.norms((ctypes.c_double * 3 * 1)((0, 3, 4))).tolist() == [5.0]
//! # try:
//! #     geometry.norms(numbers)
//! # except TypeError as error:
//! #     assert 'float64 in 2 dimensions of shape (*, 3), got array.array' in str(error), error
//! # ";
//! # Python::attach(|py| py.run(code, None, None)).unwrap();
//! ```
//!
//! ```toml
//! [dependencies]
//! consumer = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
//!
//! It works with `pyo3/abi3-py311`, one build for all versions of Python from 3.11 on, and without
//! a GIL. Nothing runs when the extension is imported, and no class is added to it.
//! [`examples/extension`][example] is an extension to start from.
//!
//! # What for what
//!
//! | a function that … | takes or gives |
//! |---|---|
//! | reads numbers of one type | [`Array<f64, 2>`](Array), [`Array<f64, ANY>`](ANY), `Option<Array<f64, 1>>` |
//! | needs more than that | a third parameter: [`Rw`], [`C`], [`F`], [`Last<3>`](Last), [`Shape<4, 4>`](Shape), or a tuple such as `(C, Rw)` |
//! | does the same with several types | [`Untyped`] and [`match_types!`](crate::match_types) |
//! | takes what fits, and converts the rest | [`ArrayLike`] |
//! | reads records | [`Records`] of a struct that [`record!`](crate::record) declares |
//! | reads bytes, whatever they are of | [`Bytes`] |
//! | returns a `Vec` | [`Owned`], which becomes a memoryview |
//! | keeps an array in a class | [`Array::traverse`] |
//!
//! # Whose memory it is
//!
//! It stays Python's. Other threads and, as soon as Python code runs, Python may store into it at
//! any moment. So nothing here that is safe gives a reference into it:
//!
//! - [`get`](Array::get), [`set`](Array::set) and [`iter`](Array::iter) load and store by value,
//!   with relaxed atomics. Such a load is as fast as any other, but the compiler does not merge
//!   several of them into vectors.
//! - [`blocks`](Array::blocks), the sums and folds of [`iter`](Array::iter), and
//!   [`to_vec`](Array::to_vec) copy some thousand elements at a time by a function of the C
//!   library, and work on the copy as on any slice. What is stored meanwhile makes elements that
//!   are old or new or, where they are unaligned or larger than eight bytes, part of each.
//! - [`as_slice`](Array::as_slice), [`try_as_slice`](Array::try_as_slice) and, with the feature
//!   `ndarray`, `as_ndarray` are unsafe: it is the caller who knows that nobody
//!   stores.
//! - [`as_frozen_slice`](Array::as_frozen_slice) is safe: it has a slice of a `bytes`.
//!
//! An array keeps the object exported, so that a `bytearray` cannot be resized. It may be dropped
//! in any thread: without an interpreter attached PyO3 gives the memory back as soon as a thread is
//! attached again. Nobody waits for that.
//!
//! # What is taken
//!
//! By arguments of doubles, here and elsewhere. "copy" means converted, every value checked.
//! `PyArrayLike1` is that with `AllowTypeChange`; what it says of values that do not fit is NumPy's
//! business.
//!
//! | | `Array<f64, 1>` | `Array<f64, 2>` | `Array<f64, ANY>` | `ArrayLike<f64, 1>` | `PyBuffer<f64>` | `PyReadonlyArray1<f64>` | `PyArrayLike1<f64>` |
//! |---|---|---|---|---|---|---|---|
//! | `array('d')` | yes | no | yes | yes | yes | no | yes |
//! | NumPy, one dimension | yes | no | yes | yes | yes | yes | yes |
//! | NumPy, strided | yes | no | yes | copy | yes | yes | yes |
//! | NumPy, reversed | yes | no | yes | copy | yes | yes | yes |
//! | NumPy, C order | no | yes | yes | no | yes | no | no |
//! | NumPy, Fortran order | no | yes | yes | no | yes | no | no |
//! | NumPy, transposed | no | yes | yes | no | yes | no | no |
//! | NumPy, other byte order | no | no | no | copy | **wrong** | no | yes |
//! | NumPy, unaligned | yes | no | yes | copy | no | yes | yes |
//! | NumPy, float32 | no | no | no | copy | no | no | yes |
//! | NumPy, int64 | no | no | no | copy | no | no | yes |
//! | NumPy, no dimensions | no | no | yes | no | no | no | no |
//! | `numpy.float64` | no | no | yes | no | no | no | no |
//! | NumPy, read-only | yes | no | yes | yes | yes | yes | yes |
//! | NumPy, empty | yes | no | yes | yes | yes | yes | yes |
//! | NumPy, broadcast | yes | no | yes | copy | yes | yes | yes |
//! | ctypes, `double[3]` | yes | no | yes | yes | no | no | yes |
//! | ctypes, `double[2][3]` | no | yes | yes | no | no | no | no |
//! | ctypes, other byte order | no | no | no | copy | no | no | yes |
//! | ctypes, `c_double` | no | no | yes | no | no | no | no |
//! | memoryview | yes | no | yes | yes | yes | no | yes |
//! | memoryview, strided | yes | no | yes | copy | yes | no | yes |
//! | memoryview, two dimensions | no | yes | yes | no | yes | no | no |
//! | memoryview of ctypes | yes | no | yes | yes | no | no | yes |
//! | `bytes` | no | no | no | copy | no | no | yes |
//! | `bytearray` | no | no | no | copy | no | no | yes |
//! | a field of records | yes | no | yes | copy | yes | yes | yes |
//! | records | no | no | no | no | no | no | no |
//! | list | no | no | no | no | no | no | yes |
//! | None | no | no | no | no | no | no | no |
//! | DLPack only | yes | no | yes | yes | no | no | no |
//! | `__buffer__`, from 3.12 on | yes | no | yes | yes | yes | no | yes |
//!
//! [example]: https://github.com/consumer-python/consumer/tree/main/examples/extension
#![allow(unsafe_code)]

mod accept;
mod array;
mod atomic;
mod bytes;
mod constraint;
mod element;
mod hold;
mod like;
mod owned;
mod records;
mod untyped;

pub use accept::Mismatch;
pub use array::{Array, Blocks, Elements};
pub use bytes::Bytes;
pub use constraint::{ANY, C, Constraint, F, Last, Rw, Shape};
pub use element::Native;
pub use like::ArrayLike;
pub use owned::Owned;
pub use records::{Part, Record, Records};
pub use untyped::Untyped;

/// What the expansion of `record!` uses.
#[doc(hidden)]
pub mod __record {
    pub use super::records::{Part, Place, fields_of, find_field};
    pub use crate::form::ElementType;
}
