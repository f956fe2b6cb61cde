//! The structs of an Arrow array that is handed on, and their end.
//!
//! A consumer may move a struct, so that what a struct points to is in its private data, which
//! stays where it is until the struct is released: from any thread, attached or not.

use std::ffi::c_void;

use pyo3::ffi;
use pyo3::prelude::*;

use consumer::error::Error;
use consumer::fallible;
use consumer::memory::Memory;
use consumer::python::abi::arrow::{
    ArrowArray, ArrowSchema, BOOL8, EXTENSION_METADATA, EXTENSION_NAME, Moved, NULLABLE, Struct,
};
use consumer::python::errors::keep_exception;

use crate::interchange::lease::Lease;
use crate::reserve;

/// What a schema points to.
struct SchemaData {
    /// C strings: the format and, behind its NUL, the name.
    text: Vec<u8>,
    /// Key and value pairs as the specification lays them out; none where it is empty.
    metadata: Vec<u8>,
    pointers: Vec<*mut ArrowSchema>,
    #[expect(dead_code, reason = "dropped with the rest, and used by their addresses")]
    children: Vec<Moved<ArrowSchema>>,
}

/// Makes the schema of an array.
///
/// # Errors
/// MemoryError; BufferError for a name that is no C string.
pub(super) fn schema(
    format: &str,
    name: &str,
    is_bool8: bool,
    mut children: Vec<Moved<ArrowSchema>>,
) -> Result<Moved<ArrowSchema>, Error> {
    if name.contains('\0') {
        return Err(Error::buffer("Arrow has no names with NUL in them"));
    }
    let mut text = fallible::bytes(format.as_bytes(), name.len().saturating_add(2))?;
    text.push(0);
    text.extend_from_slice(name.as_bytes());
    text.push(0);
    let metadata = if is_bool8 { bool8() } else { Vec::new() };
    let pointers = pointers_to(&mut children)?;
    let data = boxed(SchemaData { text, metadata, pointers, children })?;
    // SAFETY: the data is `boxed`, and goes to the struct, which has not got it yet.
    let SchemaData { text, metadata, pointers, .. } = unsafe { &mut *data };
    let schema = ArrowSchema {
        format: text.as_ptr().cast(),
        name: text[format.len() + 1..].as_ptr().cast(),
        metadata: if metadata.is_empty() { std::ptr::null() } else { metadata.as_ptr().cast() },
        // As others have it, whose columns are of the same type then: nulls are possible.
        flags: NULLABLE,
        n_children: pointers.len() as i64,
        children: if_any(pointers),
        dictionary: std::ptr::null_mut(),
        release: Some(release_schema),
        private_data: data.cast(),
    };
    // SAFETY: the struct is new; its release needs nothing but its private data.
    Ok(unsafe { Moved::new(schema) })
}

/// The metadata of bools in a byte each.
fn bool8() -> Vec<u8> {
    let mut metadata = 2_i32.to_ne_bytes().to_vec();
    for text in [EXTENSION_NAME, BOOL8, EXTENSION_METADATA, b""] {
        metadata.extend((text.len() as i32).to_ne_bytes());
        metadata.extend(text);
    }
    metadata
}

/// What the elements of an array lie in.
pub(super) enum Values {
    /// In the array's children.
    InChildren,
    /// In the memory of a view.
    OfView(*const c_void, #[expect(dead_code, reason = "keeps the memory")] Lease),
    /// In a copy.
    Copied(Memory),
    /// In a copy: where each text begins and ends, and all of them in UTF-8.
    Text(Memory, Vec<u8>),
}

/// The address of no elements, which is aligned as consumers like it.
pub(super) static NOTHING: Nothing = Nothing([]);

#[repr(align(64))]
pub(super) struct Nothing([u8; 0]);

impl Nothing {
    pub(super) const fn start(&'static self) -> *const c_void {
        (&raw const self.0).cast()
    }
}

impl Values {
    /// The addresses of the bitmap that tells what is null, which is left out where nothing is, and
    /// of what there is, and their number.
    fn buffers(&self) -> ([*const c_void; 3], i64) {
        let null = std::ptr::null();
        let start = |memory: &Memory| match memory.is_empty() {
            true => NOTHING.start(),
            false => memory.start().cast_const().cast(),
        };
        match self {
            Self::InChildren => ([null; 3], 1),
            Self::OfView(start, _) => ([null, *start, null], 2),
            Self::Copied(memory) => ([null, start(memory), null], 2),
            Self::Text(offsets, text) => {
                let text = if text.is_empty() { NOTHING.start() } else { text.as_ptr().cast() };
                ([null, start(offsets), text], 3)
            }
        }
    }
}

/// What an array points to.
struct ArrayData {
    buffers: [*const c_void; 3],
    pointers: Vec<*mut ArrowArray>,
    #[expect(dead_code, reason = "dropped with the rest, and used by their addresses")]
    children: Vec<Moved<ArrowArray>>,
    #[expect(dead_code, reason = "keeps what `buffers` leads to")]
    values: Values,
}

/// Makes an array of that many elements, none of which is null.
///
/// # Errors
/// MemoryError.
pub(super) fn array(
    length: usize,
    values: Values,
    mut children: Vec<Moved<ArrowArray>>,
) -> Result<Moved<ArrowArray>, Error> {
    let (buffers, n_buffers) = values.buffers();
    let pointers = pointers_to(&mut children)?;
    let data = boxed(ArrayData { buffers, pointers, children, values })?;
    // SAFETY: the data is `boxed`, and goes to the struct, which has not got it yet.
    let ArrayData { buffers, pointers, .. } = unsafe { &mut *data };
    let array = ArrowArray {
        length: length as i64,
        null_count: 0,
        offset: 0,
        n_buffers,
        n_children: pointers.len() as i64,
        buffers: buffers.as_mut_ptr(),
        children: if_any(pointers),
        dictionary: std::ptr::null_mut(),
        release: Some(release_array),
        private_data: data.cast(),
    };
    // SAFETY: the struct is new; its release needs nothing but its private data.
    Ok(unsafe { Moved::new(array) })
}

/// The addresses of children, which stay where they are while the vector does.
fn pointers_to<T: Struct>(children: &mut [Moved<T>]) -> Result<Vec<*mut T>, Error> {
    let start = children.as_mut_ptr().cast::<T>();
    fallible::collect((0..children.len()).map(|index| start.wrapping_add(index)))
}

fn if_any<T>(pointers: &mut [*mut T]) -> *mut *mut T {
    if pointers.is_empty() { std::ptr::null_mut() } else { pointers.as_mut_ptr() }
}

/// Puts a value on the heap, from where [`unbox`] takes it. There may be one for each field of a
/// record.
fn boxed<T>(value: T) -> Result<*mut T, Error> {
    // What stays is not made of the reserve.
    if reserve::is_needed() {
        return Err(fallible::no_memory(size_of::<T>()));
    }
    let mut place = fallible::vec_for(1)?;
    place.push(value);
    Ok(Box::into_raw(place.into_boxed_slice()).cast())
}

/// Drops what [`boxed`] has put on the heap.
///
/// # Safety
/// It came from there, and nobody uses it any more.
unsafe fn unbox<T>(place: *mut T) {
    // SAFETY: the caller guarantees it: a slice of one value.
    unsafe { drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(place, 1))) }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: whoever has the struct calls this with it, once. The children are dropped with the
    // data, which releases those that nobody has taken.
    unsafe {
        unbox((*schema).private_data.cast::<SchemaData>());
        (*schema).private_data = std::ptr::null_mut();
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: as for schemas.
    unsafe {
        unbox((*array).private_data.cast::<ArrayData>());
        (*array).private_data = std::ptr::null_mut();
        (*array).release = None;
    }
}

/// Hands a struct to Python.
///
/// # Errors
/// MemoryError.
pub(super) fn capsule<T: Struct>(py: Python<'_>, moved: Moved<T>) -> PyResult<Bound<'_, PyAny>> {
    let place = boxed(moved)?;
    // SAFETY: attached; the name is static, and the place is not NULL. Where there is no capsule,
    // nobody has the struct.
    unsafe {
        let name = T::CAPSULE.as_ptr();
        let capsule = ffi::PyCapsule_New(place.cast(), name, Some(destroy::<T>));
        Bound::from_owned_ptr_or_err(py, capsule).inspect_err(|_| unbox(place))
    }
}

/// The end of a capsule. Whoever has moved the struct out of it has left a released one.
unsafe extern "C" fn destroy<T: Struct>(capsule: *mut ffi::PyObject) {
    // SAFETY: objects are deallocated attached.
    let py = unsafe { Python::assume_attached() };
    // The last reference to a view may go with it.
    keep_exception(py, || {
        // SAFETY: attached; a capsule that still has its name has what `capsule` has put there.
        unsafe {
            let place = ffi::PyCapsule_GetPointer(capsule, T::CAPSULE.as_ptr());
            if !place.is_null() {
                unbox(place.cast::<Moved<T>>());
            }
        }
    });
}
