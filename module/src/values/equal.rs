//! What elements equal an object: the pattern of bits that a search goes by.

use pyo3::prelude::*;

use consumer::array::{AnyArray, ConsumerArray, dispatch};
use consumer::element::Scalar;
use consumer::kernels::Encoding;
use consumer::kernels::search::Pattern;

use super::scalars::LARGEST;
use super::{Equal, PyValue};

/// Calls `search` with the pattern of those elements of an array that equal an object, and returns
/// its result, as far as that can be told without running Python code.
#[inline(always)]
pub(crate) fn search_equal<R>(
    array: &AnyArray,
    object: &Bound<'_, PyAny>,
    search: &mut impl FnMut(&Pattern) -> R,
) -> Equal<R> {
    let mut result = None;
    let equal = with_pattern(array, object, &mut |pattern| result = Some(search(pattern)));
    equal.and_then(|()| result)
}

/// [`search_equal`] for any result, compiled once.
///
/// The pattern is passed by reference to where it was made: returned by value it would be copied
/// several times, right after it was written, which stalls the processor.
#[inline(never)]
fn with_pattern(
    array: &AnyArray,
    object: &Bound<'_, PyAny>,
    search: &mut dyn FnMut(&Pattern),
) -> Equal<()> {
    let mut element = [0; LARGEST];
    let encoding = dispatch!(
        array,
        scalar typed => encode_equal(typed, object, &mut element),
        composite _ => Equal::Unknown,
        opaque _ => Equal::Unknown,
    );
    // Without what could panic: the fast paths stand outside of what catches it.
    encoding.and_then(|encoding| {
        let element = element.get(..encoding.size())?;
        Pattern::from_element(encoding, element).as_ref().map(search)
    })
}

/// Encodes the one value that equals an object as an element of an array, and returns how.
#[inline(always)]
fn encode_equal<T: Scalar<Value: PyValue>>(
    _array: &ConsumerArray<T>,
    object: &Bound<'_, PyAny>,
    element: &mut [u8; LARGEST],
) -> Equal<Encoding> {
    T::Value::equal_to(object).and_then(|value| {
        let encoded = T::encode(value);
        let encoded = encoded.as_ref();
        element.get_mut(..encoded.len())?.copy_from_slice(encoded);
        Some(Encoding::from_type::<T>())
    })
}
