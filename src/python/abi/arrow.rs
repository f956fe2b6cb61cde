//! The structs of Arrow's C data interface, the capsules that hold them, and how Arrow writes the
//! types that both sides have.
//!
//! Whoever has a struct owns what it leads to, until it calls the struct's own `release`, once.
//! Structs may be moved: nothing points to one but the pointers in its parent.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::Deref;

use crate::dtype::DType;

/// What the elements of an array are.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the specification tells")]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut Self,
    pub dictionary: *mut Self,
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    pub private_data: *mut c_void,
}

/// The elements.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the specification tells")]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut Self,
    pub dictionary: *mut Self,
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    pub private_data: *mut c_void,
}

/// A sequence of arrays of one schema.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the specification tells")]
pub struct ArrowArrayStream {
    pub get_schema: Option<unsafe extern "C" fn(*mut Self, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut Self, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut Self) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    pub private_data: *mut c_void,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<ArrowSchema>() == 72
        && size_of::<ArrowArray>() == 80
        && size_of::<ArrowArrayStream>() == 40
);

/// The flag of a schema whose elements may be null.
pub const NULLABLE: i64 = 2;

/// A struct that is owned by whoever has it.
pub trait Struct: Sized {
    /// The name of the capsules that hold one.
    const CAPSULE: &'static CStr;

    /// One that owns nothing.
    const RELEASED: Self;

    /// The function that ends what the struct owns; `None` where it owns nothing any more.
    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)>;

    /// Returns whether the struct owns nothing.
    fn is_released(&self) -> bool;
}

impl Struct for ArrowSchema {
    const CAPSULE: &'static CStr = c"arrow_schema";
    const RELEASED: Self = Self {
        format: std::ptr::null(),
        name: std::ptr::null(),
        metadata: std::ptr::null(),
        flags: 0,
        n_children: 0,
        children: std::ptr::null_mut(),
        dictionary: std::ptr::null_mut(),
        release: None,
        private_data: std::ptr::null_mut(),
    };

    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)> {
        &mut self.release
    }

    fn is_released(&self) -> bool {
        self.release.is_none()
    }
}

impl Struct for ArrowArray {
    const CAPSULE: &'static CStr = c"arrow_array";
    const RELEASED: Self = Self {
        length: 0,
        null_count: 0,
        offset: 0,
        n_buffers: 0,
        n_children: 0,
        buffers: std::ptr::null_mut(),
        children: std::ptr::null_mut(),
        dictionary: std::ptr::null_mut(),
        release: None,
        private_data: std::ptr::null_mut(),
    };

    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)> {
        &mut self.release
    }

    fn is_released(&self) -> bool {
        self.release.is_none()
    }
}

impl Struct for ArrowArrayStream {
    const CAPSULE: &'static CStr = c"arrow_array_stream";
    const RELEASED: Self = Self {
        get_schema: None,
        get_next: None,
        get_last_error: None,
        release: None,
        private_data: std::ptr::null_mut(),
    };

    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)> {
        &mut self.release
    }

    fn is_released(&self) -> bool {
        self.release.is_none()
    }
}

/// A struct that is ours: dropping it releases it, unless somebody else has by then.
#[derive(Debug)]
#[repr(transparent)]
pub struct Moved<T: Struct>(T);

impl<T: Struct> Moved<T> {
    /// Takes a struct over.
    ///
    /// # Safety
    /// It is released, or nobody else releases it and its `release` may be called with it in any
    /// place.
    pub const unsafe fn new(owner: T) -> Self {
        Self(owner)
    }

    /// A struct that owns nothing: a place for one.
    #[must_use]
    pub const fn released() -> Self {
        Self(T::RELEASED)
    }

    /// Moves a struct out of its place, which then owns nothing; `None` if it did not before.
    ///
    /// # Safety
    /// There is a struct in the place, which nobody else uses meanwhile; as for
    /// [`new`](Self::new).
    pub unsafe fn take(place: *mut T) -> Option<Self> {
        // SAFETY: the caller guarantees it: one of the two copies has nothing to release.
        unsafe {
            let moved = Self(place.read());
            *(*place).release() = None;
            (!moved.is_released()).then_some(moved)
        }
    }

    /// Returns the address for functions of the struct's own.
    pub const fn as_mut_ptr(&mut self) -> *mut T {
        &raw mut self.0
    }
}

impl<T: Struct> Deref for Moved<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Struct> Drop for Moved<T> {
    fn drop(&mut self) {
        if let Some(release) = *self.0.release() {
            // SAFETY: a struct that is not released is ours to release, says `new`.
            unsafe { release(&raw mut self.0) };
            // It ought to have said so itself.
            *self.0.release() = None;
        }
    }
}

/// The key in a schema's metadata under which the name of an extension type stands.
pub const EXTENSION_NAME: &[u8] = b"ARROW:extension:name";

/// The key for what else there is to say of an extension type.
pub const EXTENSION_METADATA: &[u8] = b"ARROW:extension:metadata";

/// The extension type of bools in a byte each, where 0 is false and all else true.
pub const BOOL8: &[u8] = b"arrow.bool8";

/// The formats of numbers. They are always in this machine's byte order.
const LETTERS: [(DType, u8); 11] = [
    (DType::I8, b'c'),
    (DType::U8, b'C'),
    (DType::I16, b's'),
    (DType::U16, b'S'),
    (DType::I32, b'i'),
    (DType::U32, b'I'),
    (DType::I64, b'l'),
    (DType::U64, b'L'),
    (DType::F16, b'e'),
    (DType::F32, b'f'),
    (DType::F64, b'g'),
];

/// Returns the format of a type, if Arrow has it as a number.
#[must_use]
pub fn letter_of(dtype: DType) -> Option<u8> {
    LETTERS.iter().find(|(known, _)| *known == dtype).map(|&(_, letter)| letter)
}

/// Returns the type of numbers of a format.
#[must_use]
pub fn number_of(format: &[u8]) -> Option<DType> {
    let [letter] = *format else { return None };
    LETTERS.iter().find(|(_, known)| *known == letter).map(|&(dtype, _)| dtype)
}
