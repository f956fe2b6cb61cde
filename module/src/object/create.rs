//! Creating views: of memory of their own, and of other views.

use pyo3::prelude::*;

use consumer::array::AnyArray;
use consumer::dtype::ScalarType;
use consumer::error::Error;
use consumer::format::FormatString;
use consumer::layout::Layout;
use consumer::memory::Memory;

use super::access::Hold;
use super::class::{Parent, PyConsumerArray, Start};
use super::root::{Owned, Root};
use super::uninit::UninitObject;
use super::usage::Usage;
use crate::transfer::{to_memory, to_native};
use crate::values::references::{AttachedObjects, check_readable};

/// Copies an array's elements to a view over memory of its own. `array` is held.
pub(crate) fn copy_of<'py>(
    py: Python<'py>,
    array: &AnyArray,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    if let Some(format) = native_letter(array) {
        let memory = to_native(py, array)?;
        let layout = Layout::contiguous(array.layout().shape(), array.layout().itemsize())?;
        return PyConsumerArray::over_scalars(py, memory, layout, format);
    }
    // SAFETY: the memory holds the elements in this machine's byte order.
    unsafe { copied(py, array, true, |start| array.native_at(start)) }
}

/// Copies an array's elements, in the byte order that they have, to a view over memory of its own.
/// `format` is one that describes them. `array` is held.
pub(crate) fn exact_copy_of<'py>(
    py: Python<'py>,
    array: &AnyArray,
    format: FormatString,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    // SAFETY: the memory holds the elements as they are.
    unsafe { copied(py, array, false, |start| array.copied_to(start, format)) }
}

/// Copies an array's elements, if `native` in this machine's byte order, to a view over memory of
/// its own. `array` is held.
///
/// # Safety
/// `describe`, called with the start of the copies, returns an array of them.
unsafe fn copied<'py>(
    py: Python<'py>,
    array: &AnyArray,
    native: bool,
    describe: impl FnOnce(*mut u8) -> Result<AnyArray, Error>,
) -> PyResult<Bound<'py, PyConsumerArray>> {
    if let AnyArray::Composite(typed) = array
        && array.has_objects()
    {
        let copies = AttachedObjects::copied(py, typed, native)?;
        let described = describe(copies.start())?;
        // SAFETY: the caller guarantees it; the memory goes to the view with the array.
        return unsafe {
            PyConsumerArray::over(py, Owned::Objects(copies.into_objects()), described)
        };
    }
    // Whoever is handed the copy goes by its format.
    if array.format().mentions_objects() {
        check_readable(array)?;
    }
    let memory = if native { to_native(py, array)? } else { to_memory(py, array)? };
    let described = describe(memory.start())?;
    // SAFETY: as above.
    unsafe { PyConsumerArray::over(py, Owned::Plain(memory), described) }
}

/// The format of one letter that the elements have in this machine's byte order, if that says all.
fn native_letter(array: &AnyArray) -> Option<FormatString> {
    let (native, format) = array.native_scalar()?;
    (ScalarType::from_letters(format.as_bytes()) == Some(native)).then_some(format)
}

/// Which dimensions of a view another one has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dimensions {
    All,
    ButTheFirst,
    Reversed,
}

impl PyConsumerArray {
    /// A view over memory of its own.
    ///
    /// # Safety
    /// The array is over that memory, and valid for as long as it.
    pub(crate) unsafe fn over(
        py: Python<'_>,
        memory: Owned,
        array: AnyArray,
    ) -> PyResult<Bound<'_, Self>> {
        let uninit = match UninitObject::new(py) {
            Ok(uninit) => uninit,
            Err(error) => {
                memory.release(py);
                return Err(error);
            }
        };
        // A cycle can only lead through the objects in the memory, or the one that lends it.
        let is_tracked = !matches!(memory, Owned::Plain(_));
        let start = Self::root_start(is_tracked);
        let ndim = array.layout().ndim();
        // SAFETY: the root lives as long as every view of it, and keeps the memory where it is on
        // the heap. All fields are filled in.
        unsafe {
            uninit.as_mut_ptr().write(Self::new_unplaced(array, Root::over(memory), start));
            Self::first_view(uninit.assume_init(ndim), ndim)
        }
    }

    /// What a root starts with: see [`first_view`](Self::first_view).
    pub(super) fn root_start(is_tracked: bool) -> Start {
        let usage = if cfg!(Py_GIL_DISABLED) { Usage::released() } else { Usage::new() };
        Start { usage, is_tracked, parent: Parent::Itself }
    }

    /// The view that is handed out of a new root, which is held for it: with a GIL, the root.
    /// Without one it is a view of its own, and nobody but views has the root: its death would end
    /// a hold, but an object dies when the thread that made it gets to that.
    ///
    /// # Safety
    /// `root` is new, and of that many dimensions; its state is that of `root_start`.
    #[inline(always)]
    pub(super) unsafe fn first_view(
        root: Bound<'_, Self>,
        ndim: usize,
    ) -> PyResult<Bound<'_, Self>> {
        if cfg!(not(Py_GIL_DISABLED)) {
            return Ok(root);
        }
        let this = root.clone();
        // SAFETY: the same elements. The root says that it is released: its hold is the view's.
        unsafe {
            Self::child_of(root, |place| {
                this.get().array.write_clone(place);
                ndim
            })
        }
    }

    /// A view over writable memory of its own: scalars of a format, contiguous in C order.
    ///
    /// # Errors
    /// ValueError if the memory is smaller than the layout.
    pub(crate) fn over_scalars(
        py: Python<'_>,
        memory: Memory,
        layout: Layout,
        format: FormatString,
    ) -> PyResult<Bound<'_, Self>> {
        let (have, want) = (memory.len(), layout.nbytes());
        if !layout.is_c_contiguous() || have < want {
            return Err(Error::memory_too_small(want, have).into());
        }
        // SAFETY: the memory has room for the contiguous elements, which are numbers and no
        // references.
        unsafe {
            let array = AnyArray::new(memory.start(), layout, format, false, None);
            Self::over(py, Owned::Plain(memory), array)
        }
    }

    /// A released view of nothing, in no final place.
    pub(crate) fn empty() -> PyResult<Self> {
        let memory = Memory::zeroed(0)?;
        let layout = Layout::contiguous(&[0], 1)?;
        // SAFETY: there are no elements.
        let array = unsafe { AnyArray::new(memory.start(), layout, c"B".into(), true, None) };
        let usage = Usage::released();
        let start = Start { usage, is_tracked: true, parent: Parent::Itself };
        Ok(Self::new_unplaced(array, Root::over(Owned::Plain(memory)), start))
    }

    /// Another view of the same elements as `this`, or some of them.
    ///
    /// # Safety
    /// The layout leads from `start` to no other elements, and the caller has access to them.
    #[inline]
    pub(crate) unsafe fn share_part<'py>(
        this: &Bound<'py, Self>,
        start: *mut u8,
        layout: Layout,
    ) -> PyResult<Bound<'py, Self>> {
        let array: &AnyArray = &this.get().array;
        // SAFETY: the caller guarantees it; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                let ndim = layout.ndim();
                place.write(array.with_layout(start, layout, array.readonly()));
                ndim
            })
        }
    }

    /// Another view of the memory of `this`, under an array of its own.
    ///
    /// # Safety
    /// The array leads to no other memory than that of the view's elements, which the caller has
    /// access to.
    #[inline(always)]
    pub(crate) unsafe fn share<'py>(
        this: &Bound<'py, Self>,
        array: AnyArray,
    ) -> PyResult<Bound<'py, Self>> {
        // SAFETY: the caller guarantees it; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                let ndim = array.layout().ndim();
                place.write(array);
                ndim
            })
        }
    }

    /// Another view of a scalar field of the elements of `this`, whose array is made in its final
    /// place.
    ///
    /// # Safety
    /// The field, an offset and a type, was found in the view, which the caller has access to.
    #[inline(always)]
    pub(crate) unsafe fn share_field<'py>(
        this: &Bound<'py, Self>,
        found: (usize, ScalarType),
    ) -> PyResult<Bound<'py, Self>> {
        let array: &AnyArray = &this.get().array;
        // SAFETY: the caller guarantees it; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                place.write(array.scalar_field(found));
                array.layout().ndim()
            })
        }
    }

    /// Another view of some elements of `this`: what begins `offset` bytes from its start, under a
    /// layout that is changed in its final place, because moving a layout takes longer than making
    /// it.
    ///
    /// # Safety
    /// Together they lead to elements of this view only, which the caller has access to; a view
    /// with dimensions is left with one at least.
    #[inline(always)]
    pub(crate) unsafe fn share_changed<'py>(
        this: &Bound<'py, Self>,
        offset: isize,
        change: impl FnOnce(&mut Layout),
    ) -> PyResult<Bound<'py, Self>> {
        let array: &AnyArray = &this.get().array;
        // SAFETY: the caller guarantees it; the place is valid for writes.
        unsafe {
            Self::share_with(this, |place| {
                array.write_clone(place);
                (*place).change(array.start().wrapping_offset(offset), change);
                // The change leaves none only where there was none.
                array.layout().ndim()
            })
        }
    }

    /// Another view of elements of `this`, with these of its dimensions. It is
    /// [`share_changed`](Self::share_changed) for what is not worth being compiled again and again.
    ///
    /// # Safety
    /// The same as for `share_changed`; a view without the first dimension has another one.
    #[inline(never)]
    pub(crate) unsafe fn share_dimensions<'py>(
        this: &Bound<'py, Self>,
        offset: isize,
        dimensions: Dimensions,
    ) -> PyResult<Bound<'py, Self>> {
        let source = this.get().array.layout();
        // SAFETY: the caller guarantees it.
        unsafe {
            Self::share_changed(this, offset, |layout| match dimensions {
                Dimensions::All => {}
                Dimensions::ButTheFirst => layout.set_rest_of(source),
                Dimensions::Reversed => layout.reverse(),
            })
        }
    }

    /// Another view of the memory of `this`, whose array is written in its final place.
    ///
    /// # Safety
    /// `write` fills in the place with an array over memory of `this` that the caller has access
    /// to, and returns the number of its dimensions.
    #[inline]
    pub(crate) unsafe fn share_with<'py>(
        this: &Bound<'py, Self>,
        write: impl FnOnce(*mut AnyArray) -> usize,
    ) -> PyResult<Bound<'py, Self>> {
        // SAFETY: the caller guarantees it; an access means that the root is held.
        unsafe {
            let root = this.get().parent(this.py()).unwrap_or(this).clone();
            // Allocating an object may start a garbage collection, which runs arbitrary code.
            root.get().root.add_hold();
            Self::child_of(root, write)
        }
    }

    /// A view of the memory of a root, whose array is written in its final place.
    ///
    /// # Safety
    /// `root` is one, with a hold that this view takes over; `write` fills in the place with an
    /// array over its memory, and returns the number of its dimensions.
    #[inline]
    unsafe fn child_of<'py>(
        root: Bound<'py, Self>,
        write: impl FnOnce(*mut AnyArray) -> usize,
    ) -> PyResult<Bound<'py, Self>> {
        let uninit =
            UninitObject::like(&root).inspect_err(|_| root.get().root.drop_hold(root.py()))?;
        let place = uninit.as_mut_ptr();
        // SAFETY: the place is valid for writes, and all fields are filled in.
        unsafe {
            let ndim = write((&raw mut (*place).array).cast());
            Root::write_none(&raw mut (*place).root);
            // A cycle can lead through this view only if it leads through its root.
            let is_tracked = root.get().is_tracked();
            let parent = Parent::View(root.unbind());
            Self::write_start(place, Start { usage: Usage::new(), is_tracked, parent });
            Ok(uninit.assume_init(ndim))
        }
    }
}

impl Hold<'_> {
    /// Another view of the memory that is held: of elements of `this`, which the hold is of, and
    /// which may be released by now.
    ///
    /// # Safety
    /// The layout leads from `start` to elements of the view, and no others.
    pub(crate) unsafe fn share_part<'py>(
        &self,
        this: &Bound<'py, PyConsumerArray>,
        start: *mut u8,
        layout: Layout,
    ) -> PyResult<Bound<'py, PyConsumerArray>> {
        let root = self
            .parent()
            .map_or_else(|| this.clone(), |parent| parent.clone().unbind().into_bound(this.py()));
        root.get().root.add_hold();
        // SAFETY: the caller guarantees it; the root is held for the new view.
        unsafe {
            PyConsumerArray::child_of(root, |place| {
                let ndim = layout.ndim();
                place.write(self.with_layout(start, layout, self.readonly()));
                ndim
            })
        }
    }
}
