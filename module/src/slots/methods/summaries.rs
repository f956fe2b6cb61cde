//! `sum`, `mean`, `min`, `max`, `argmin`, `argmax` and `minmax`, which have the same parameters.

use std::ffi::CStr;

use pyo3::ffi;
use pyo3::impl_::extract_argument::{FunctionDescription, KeywordOnlyParameterDescription};
use pyo3::prelude::*;

use consumer::kernels::reduce::Task;
use consumer::python::exceptions::PyTypeError;

use super::{Call, attached_trampoline, this};
use crate::arguments;
use crate::interchange::numpy::numpys_method;
use crate::methods::summaries::{Summary, quick, summarize};
use crate::object::uninit::value;
use crate::values::NewReference;

pub(in crate::slots) const SUM: &CStr =
    c"sum($self, /, axis=None, keepdims=False, *, dtype=None, out=None, initial=None, where=True)
--

The sum of the elements, exact: over all of them, or along an axis or several.

Of integers and bools it is an int of any size. Of floats it is the exact sum, rounded
once to the nearest float, as math.fsum gives it, and also where a partial sum would
overflow; infinities and NaNs add up as they do in plain sums. Of complex numbers it is
that of their parts. So it depends neither on the order of the elements, nor on how they
lie in memory, nor on the machine.

axis is an int, which counts from the end if it is negative, or a tuple of some. Then the
sums are a view over memory of its own: of doubles for floats, and of int64 for integers,
where ValueError says that a sum is beyond it. With keepdims=True the dimensions that are
summed over stay, with a length of 1. The sum of no elements is 0.

dtype, out, initial and where are NumPy's. A call with any of them, if only None, such as
numpy.sum(v) makes, is one of numpy.asarray(v).sum: it gives an array or a scalar of NumPy,
for which integers wrap around and floats are rounded as NumPy does it.

>>> import array, consumer
>>> consumer.consume(array.array(\"d\", [0.1] * 10)).sum()
1.0
>>> consumer.consume(array.array(\"q\", [2**62] * 4)).sum() == 2**64
True
>>> consumer.consume(bytes(range(6))).reshape(2, 3).sum(axis=0).tolist()
[3, 5, 7]";

pub(in crate::slots) const MEAN: &CStr =
    c"mean($self, /, axis=None, keepdims=False, *, dtype=None, out=None, where=True)
--

The mean of the elements: the exact sum, divided and rounded once to the nearest float.

axis and keepdims are those of sum(); ValueError for no elements. With dtype, out or where
the call is one of numpy.asarray(v).mean.

>>> import consumer
>>> consumer.consume(bytes([1, 2, 4])).mean() == 7 / 3
True";

pub(in crate::slots) const MIN: &CStr =
    c"min($self, /, axis=None, keepdims=False, *, out=None, initial=None, where=True)
--

The minimum of the elements, or those along an axis or several.

A NaN is the minimum and the maximum. axis and keepdims are those of sum(); the view that
comes back has elements of the same type. TypeError for complex numbers, ValueError for no
elements. With out, initial or where the call is one of numpy.asarray(v).min.

>>> import consumer
>>> v = consumer.consume(bytes([3, 1, 2, 9, 7, 8])).reshape(2, 3)
>>> v.min(), v.min(axis=1).tolist()
(1, [1, 7])";

pub(in crate::slots) const MAX: &CStr =
    c"max($self, /, axis=None, keepdims=False, *, out=None, initial=None, where=True)
--

The maximum of the elements, or those along an axis or several: see min().

>>> import consumer
>>> v = consumer.consume(bytes([3, 1, 2, 9, 7, 8])).reshape(2, 3)
>>> v.max(), v.max(axis=0, keepdims=True).tolist()
(9, [[9, 7, 8]])";

pub(in crate::slots) const ARGMIN: &CStr =
    c"argmin($self, /, axis=None, keepdims=False, *, out=None)
--

The index of the first minimum, as index() gives it: an int, or a tuple in N dimensions.

A NaN is the minimum and the maximum. axis is one axis, along which there is a view of
int64; keepdims is that of sum(). TypeError for complex numbers, ValueError for no elements.
With out the call is one of numpy.asarray(v).argmin, whose indices count all elements.

>>> import consumer
>>> v = consumer.consume(bytes([3, 1, 2, 9, 1, 8])).reshape(2, 3)
>>> v.argmin(), v.argmin(axis=1).tolist()
((0, 1), [1, 1])";

pub(in crate::slots) const ARGMAX: &CStr =
    c"argmax($self, /, axis=None, keepdims=False, *, out=None)
--

The index of the first maximum: see argmin().

>>> import consumer
>>> consumer.consume(bytes([3, 9, 2, 9])).argmax()
1";

pub(in crate::slots) const MINMAX: &CStr = c"minmax($self, /, axis=None, keepdims=False)
--

The minimum and the maximum as a tuple, found in one pass: see min().

>>> import consumer
>>> consumer.consume(bytes([3, 1, 2])).minmax()
(1, 3)";

/// The methods, by the numbers that [`summary`] is compiled for.
const METHODS: [(&str, Summary); 7] = [
    ("sum", Summary::One(Task::Sum)),
    ("mean", Summary::One(Task::Mean)),
    ("min", Summary::One(Task::Minimum)),
    ("max", Summary::One(Task::Maximum)),
    ("argmin", Summary::One(Task::FirstMinimum)),
    ("argmax", Summary::One(Task::FirstMaximum)),
    ("minmax", Summary::Both),
];

/// `v.sum(axis, keepdims)`, and the others.
pub(in crate::slots) unsafe extern "C" fn summary<const METHOD: usize>(
    object: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> NewReference {
    // SAFETY: the method is called attached, on objects of the class, and by the interpreter.
    unsafe { summary_of(object, METHOD, Call { arguments, count, names }) }
}

/// # Safety
/// The call is one that the interpreter makes, attached, to a method of a view.
#[inline(never)]
unsafe fn summary_of(object: *mut ffi::PyObject, method: usize, call: Call) -> NewReference {
    // SAFETY: the caller guarantees it.
    unsafe {
        let (_, summary) = METHODS[method];
        if call.is_empty()
            && let Some(result) = quick(Python::assume_attached(), value(object), summary)
        {
            return result;
        }
        slow_summary(object, method, call)
    }
}

/// Parameters that NumPy's methods of the same names have: `numpy.sum(v)` calls
/// `v.sum(axis=…, dtype=…, out=…)`.
const NUMPYS: [&str; 4] = ["dtype", "out", "initial", "where"];

/// Returns whether a method of NumPy's has one of these.
fn has_parameter(summary: Summary, parameter: &str) -> bool {
    // NumPy has no minmax.
    let Summary::One(task) = summary else { return false };
    match parameter {
        "dtype" => task.is_sum(),
        "initial" => matches!(task, Task::Sum | Task::Minimum | Task::Maximum),
        "where" => !task.is_place(),
        _ => true,
    }
}

/// # Safety
/// The call is one that the interpreter makes, attached, to a method of a view.
#[inline(never)]
unsafe fn slow_summary(object: *mut ffi::PyObject, method: usize, call: Call) -> NewReference {
    const POSITIONAL: [&str; 2] = ["axis", "keepdims"];
    const KEYWORD_ONLY: [KeywordOnlyParameterDescription; 4] = [
        KeywordOnlyParameterDescription::new(NUMPYS[0], false),
        KeywordOnlyParameterDescription::new(NUMPYS[1], false),
        KeywordOnlyParameterDescription::new(NUMPYS[2], false),
        KeywordOnlyParameterDescription::new(NUMPYS[3], false),
    ];
    macro_rules! descriptions {
        ($($method:literal)*) => {
            [$(FunctionDescription::new(
                Some("ConsumerArray"),
                METHODS[$method].0,
                &POSITIONAL,
                0,
                0,
                &KEYWORD_ONLY,
            )),*]
        };
    }
    static PARAMETERS: [FunctionDescription; METHODS.len()] = descriptions!(0 1 2 3 4 5 6);
    let body = |py| -> PyResult<NewReference> {
        let (name, summary) = METHODS[method];
        // SAFETY: the caller guarantees it for the object, and for the call; there are as many
        // parameters as the patterns have.
        let (this, [axis, keepdims, numpys @ ..]) =
            unsafe { (this(py, object), call.parse::<6>(py, &PARAMETERS[method])?) };
        if numpys.iter().any(Option::is_some) {
            let unexpected = NUMPYS.iter().zip(&numpys).find(|(parameter, argument)| {
                argument.is_some() && !has_parameter(summary, parameter)
            });
            if let Some((parameter, _)) = unexpected {
                return Err(PyTypeError::new_err(format!(
                    "ConsumerArray.{name}() got an unexpected keyword argument '{parameter}'"
                )));
            }
            let given = POSITIONAL.into_iter().chain(NUMPYS);
            let given = given.zip([axis, keepdims].into_iter().chain(numpys));
            return numpys_method(&this, name, given).map(Bound::into_ptr);
        }
        let axis = axis.filter(|axis| !axis.is_none());
        let keepdims = keepdims.map_or(Ok(false), |keepdims| arguments::keepdims(&keepdims))?;
        summarize(py, this.get(), summary, axis.as_deref(), keepdims).map(Bound::into_ptr)
    };
    // SAFETY: called by the method.
    unsafe { attached_trampoline(body) }
}
