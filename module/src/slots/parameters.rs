//! Arguments of the methods whose fast path goes around PyO3, parsed as `#[pymethods]` does.

use pyo3::Borrowed;
use pyo3::ffi;
use pyo3::impl_::extract_argument::{FunctionDescription, NoVarargs, NoVarkeywords};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use consumer::python::objects;

use crate::arguments::exact;
use crate::arguments::names::unexpected_name;

/// The arguments of a `METH_FASTCALL | METH_KEYWORDS` call.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) arguments: *const *mut ffi::PyObject,
    pub(super) count: isize,
    pub(super) names: *mut ffi::PyObject,
}

/// No parameter has a longer name.
const LONGEST: isize = 64;

impl Call {
    /// Returns the only argument, if there is one and it has no name.
    ///
    /// # Safety
    /// The call is one that the interpreter makes, and not over.
    #[inline(always)]
    pub(super) unsafe fn only<'py>(self, py: Python<'py>) -> Option<Borrowed<'py, 'py, PyAny>> {
        // SAFETY: the caller guarantees that there are `count` arguments, which are alive.
        (self.count == 1 && self.names.is_null())
            .then(|| unsafe { Borrowed::from_ptr(py, *self.arguments) })
    }

    /// Returns the only argument without a name, and the sizes that the arguments of two names are:
    /// `None` for every other call, and for what are not exactly ints.
    ///
    /// # Safety
    /// The call is one that the interpreter makes, and not over.
    pub(super) unsafe fn one_and_sizes<'py>(
        self,
        py: Python<'py>,
        names: [&Bound<'py, PyString>; 2],
    ) -> Option<(Borrowed<'py, 'py, PyAny>, [Option<usize>; 2])> {
        let mut sizes = [None, None];
        // SAFETY: the caller guarantees that `names` is NULL or a tuple, and as many arguments as
        // it has names behind `count` others, all alive.
        unsafe {
            let given = Borrowed::from_ptr_or_opt(py, self.names)?;
            if self.count != 1 {
                return None;
            }
            for place in 0..ffi::PyTuple_GET_SIZE(given.as_ptr()) {
                // The names in code are interned.
                let name = ffi::PyTuple_GET_ITEM(given.as_ptr(), place);
                let parameter = names.iter().position(|known| known.as_ptr() == name)?;
                let value = *self.arguments.offset(1 + place);
                let size = exact::int(Borrowed::from_ptr(py, value))?;
                *sizes.get_mut(parameter)? = Some(usize::try_from(size).ok()?);
            }
            Some((Borrowed::from_ptr(py, *self.arguments), sizes))
        }
    }

    /// Parses the arguments of a method with `N` parameters.
    ///
    /// # Errors
    /// TypeError for a missing argument, one too many, or one of an unknown name.
    ///
    /// # Safety
    /// The call is one that the interpreter makes, and not over. The description has `N`
    /// parameters.
    pub(super) unsafe fn parse<'py, const N: usize>(
        self,
        py: Python<'py>,
        description: &FunctionDescription,
    ) -> PyResult<[Option<Borrowed<'py, 'py, PyAny>>; N]> {
        // SAFETY: the caller guarantees that `names` is NULL or a tuple.
        if let Some(names) = unsafe { Borrowed::from_ptr_or_opt(py, self.names) } {
            for name in names.cast::<PyTuple>()?.iter_borrowed() {
                // SAFETY: names of arguments are strings.
                let length = unsafe { ffi::PyUnicode_GetLength(name.as_ptr()) };
                if length > LONGEST {
                    return Err(unexpected_name(description.func_name, &name));
                }
            }
        }
        let mut output = [None; N];
        // SAFETY: the caller guarantees it; an `Option<Borrowed>` is a pointer that may be NULL.
        unsafe {
            description.extract_arguments_fastcall::<NoVarargs, NoVarkeywords>(
                py,
                self.arguments,
                self.count,
                self.names,
                &mut output,
            )?;
        }
        Ok(output)
    }

    /// Returns whether there are no arguments.
    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.count == 0 && self.names.is_null()
    }

    /// Returns the arguments as a function of Python's would have them, to be passed on: those
    /// without names, and the others by name, if there are any.
    ///
    /// # Errors
    /// MemoryError.
    ///
    /// # Safety
    /// The call is one that the interpreter makes, and not over.
    pub(super) unsafe fn collect<'py>(
        self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Option<Bound<'py, PyDict>>)> {
        // SAFETY: the caller guarantees that `names` is NULL or a tuple, and as many arguments as
        // it has names behind `count` others, all alive.
        unsafe {
            let argument =
                |index: usize| Borrowed::from_ptr(py, *self.arguments.add(index)).to_owned();
            let count = self.count as usize;
            let arguments = objects::tuple(py, (0..count).map(|index| Ok(argument(index))))?;
            let Some(names) = Borrowed::from_ptr_or_opt(py, self.names) else {
                return Ok((arguments, None));
            };
            let named = objects::dict(py)?;
            for (index, name) in names.cast::<PyTuple>()?.iter_borrowed().enumerate() {
                named.set_item(name, argument(count + index))?;
            }
            Ok((arguments, Some(named)))
        }
    }
}
