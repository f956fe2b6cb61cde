//! Why what comes through Arrow is not viewed, and what to call first.

use std::borrow::Cow;

use pyo3::prelude::*;

use crate::error::Error;
use crate::python::exceptions::PyBufferError;
use crate::python::objects::type_name;

/// Why an array is not viewed.
pub(super) enum Fault {
    /// The structs contradict each other, or the protocol.
    Contradiction(Cow<'static, str>),
    /// The elements are not the numbers or bytes of one piece of memory.
    Refused(Refusal),
    /// An exception of the producer's, no memory, or more dimensions than there are.
    Raised(PyErr),
}

/// What the elements are instead.
pub(super) enum Refusal {
    /// So many nulls, of elements that are in no lists.
    Nulls(usize),
    /// Lists of fixed size that are null.
    NullLists(usize),
    /// Nulls in such lists, of so many levels.
    NullsInLists(usize, usize),
    Chunks,
    /// An array of nulls only.
    NoValues,
    Bits,
    Text,
    Binary,
    /// Byte strings that are the addresses of objects.
    Objects,
    Decimals,
    /// Dates, times, timestamps or durations, as integers of so many bits.
    Times(&'static str, u8),
    Intervals,
    Lists,
    /// A table or struct, and the names of its columns.
    Columns(String),
    Map,
    Union,
    Dictionary,
    RunEnds,
    /// An extension type of that name.
    Extension(String),
    /// Tensors whose dimensions come in that order.
    Permutation(String),
    /// A format that the specification did not have.
    Format(String),
}

/// Makes the fault of structs that contradict each other.
pub(super) fn contradiction(what: impl Into<Cow<'static, str>>) -> Fault {
    Fault::Contradiction(what.into())
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if error.is_no_memory() || error.is_value() {
            Self::Raised(error.into())
        } else {
            Self::Contradiction(error.to_string().into())
        }
    }
}

/// The libraries whose methods are known.
#[derive(Clone, Copy)]
enum Library {
    Pyarrow,
    Polars,
    Pandas,
    DuckDb,
    Other,
}

impl Fault {
    /// Returns the exception for an object that is not viewed.
    #[cold]
    pub(super) fn exception(self, object: &Bound<'_, PyAny>) -> PyErr {
        let name = type_name(object);
        match self {
            Self::Raised(error) => error,
            Self::Contradiction(what) => {
                PyBufferError::new_err(format!("its Arrow array contradicts itself: {what}"))
            }
            Self::Refused(refusal) => {
                let library = match name.split('.').next() {
                    Some("pyarrow") => Library::Pyarrow,
                    Some("polars") => Library::Polars,
                    Some("pandas") => Library::Pandas,
                    Some("duckdb" | "_duckdb") => Library::DuckDb,
                    _ => Library::Other,
                };
                let (what, help) = (refusal.what(), refusal.help(library, &name));
                let join = if help.is_empty() { "" } else { "; " };
                PyBufferError::new_err(format!("{what}{join}{help}"))
            }
        }
    }
}

/// Says how many nulls there are.
pub(in crate::python::acquire::lent) fn nulls(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("it has {count} null{plural}")
}

impl Refusal {
    fn what(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Nulls(count) => return nulls(*count).into(),
            Self::NullLists(count) => return format!("{} for a list", nulls(*count)).into(),
            Self::NullsInLists(count, _) => {
                return format!("{} in its lists", nulls(*count)).into();
            }
            Self::Chunks => "it has more than one chunk, each in memory of its own",
            Self::NoValues => "it has nulls only",
            Self::Bits => "its bools are bits",
            Self::Text => "its elements are text, which has no fixed width",
            Self::Binary => "its elements are bytes of no fixed width",
            Self::Objects => "its elements are Python objects, of which Arrow has the addresses",
            Self::Decimals => "its elements are decimals",
            Self::Intervals => "its elements are intervals",
            Self::Times(name, _) => return format!("its elements are {name}").into(),
            Self::Lists => "its elements are lists of no fixed size",
            Self::Columns(names) => return format!("it is a table of columns {names}").into(),
            Self::Map => "its elements are maps",
            Self::Union => "its elements are of several types (a union)",
            Self::Dictionary => "its elements are indices into a dictionary (categorical)",
            Self::RunEnds => "it is run-end encoded",
            Self::Extension(name) => {
                return format!("its elements are of the extension type {name}").into();
            }
            Self::Permutation(axes) => {
                return format!("libraries read the permutation {axes} of its tensors in two ways")
                    .into();
            }
            Self::Format(format) => return format!("it is of the unknown format {format}").into(),
        })
    }

    /// What gives something that is viewed; `x` is the object, whose class has that name.
    fn help(&self, library: Library, class: &str) -> &'static str {
        use Library::{DuckDb, Pandas, Polars, Pyarrow};
        match (self, library) {
            (Self::Nulls(_), Pyarrow) => "x.fill_null(0) and x.drop_null() have none",
            (Self::Nulls(_), Polars) => "x.fill_null(0) and x.drop_nulls() have none",
            (Self::Nulls(_), Pandas) => "x.fillna(0) and x.dropna() have none",
            (Self::NullLists(_), Pyarrow) => "x.drop_null() has none",
            (Self::NullLists(_), Polars) => "x.drop_nulls() has none",
            (Self::NullsInLists(_, 1), Pyarrow) => {
                "pyarrow.compute.list_flatten(x).fill_null(0) has none, in one dimension"
            }
            (Self::NullsInLists(_, 1), Polars) => {
                "x.explode().fill_null(0) has none, in one dimension"
            }
            (Self::Nulls(_) | Self::NullLists(_) | Self::NullsInLists(..), _) => {
                "fill or drop them first"
            }
            (Self::Chunks, Pyarrow) => "x.combine_chunks() has one",
            (Self::Chunks, Polars) => "x.rechunk() has one",
            (Self::Chunks, _) => "combine them first",
            (Self::Bits, Pyarrow) => "x.cast('uint8') has bytes",
            (Self::Bits, Polars) => "x.cast(polars.UInt8) has bytes",
            (Self::Bits, Pandas) => "x.astype('uint8') has bytes",
            (Self::Bits, _) => "cast them to uint8 first",
            (Self::Times(_, 32), Pyarrow) => "x.cast('int32') has their numbers",
            (Self::Times(..), Pyarrow) => "x.cast('int64') has their numbers",
            (Self::Times(..), Polars) => "x.to_physical() has their numbers",
            (Self::Times(..), Pandas) => "x.astype('int64') has their numbers",
            (Self::Times(..), _) => "cast them to integers first",
            (Self::Objects, _) => "numpy.array(x.to_list(), object) has them",
            (Self::Decimals, Pyarrow) => "x.cast('float64') rounds them",
            (Self::Decimals, Polars) => "x.cast(polars.Float64) rounds them",
            (Self::Decimals, _) => "cast them to float64, which rounds them, first",
            (Self::Columns(_), Pyarrow) if class.ends_with("StructArray") => {
                "take one: x.field('name')"
            }
            (Self::Columns(_), Polars) if class.ends_with("Series") => {
                "take one: x.struct.field('name')"
            }
            (Self::Columns(_), Pyarrow) if class.ends_with("Reader") => {
                "take one: x.read_all()['name'].combine_chunks()"
            }
            (Self::Columns(_), Pyarrow) if class.ends_with(".Table") => {
                "take one: x['name'], or x['name'].combine_chunks() if it has several chunks"
            }
            (Self::Columns(_), DuckDb) => "x.fetchnumpy()['name'] is an array of one",
            (Self::Columns(_), _) => "take one: x['name']",
            (Self::Lists, Pyarrow) => "x.flatten() has their elements",
            (Self::Lists, Polars) => "x.explode() has their elements",
            (Self::Dictionary, Pyarrow) => {
                "x.indices has the indices, x.dictionary_decode() the elements"
            }
            (Self::Dictionary, Polars) => "x.to_physical() has the indices",
            (Self::Dictionary, Pandas) => "x.cat.codes has the indices",
            (Self::RunEnds, Pyarrow) => "pyarrow.compute.run_end_decode(x) is not",
            (Self::Permutation(_), Pyarrow) => "x.storage has them as lists",
            (Self::Extension(_), Pyarrow) => "x.storage has what they are made of",
            (Self::Extension(_), Polars) => "x.ext.storage() has what they are made of",
            _ => "",
        }
    }
}
