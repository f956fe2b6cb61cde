//! Looking for a value among the elements of a view.
//!
//! Nearly every search is one for a pattern of bits: see [`Pattern`]. So the loops depend on the
//! element's size alone, and other byte orders cost nothing.

#![allow(unsafe_code)]

use super::block::{Blocks, Buffers, Line};
use super::chunks;
use super::encoding::Encoding;
use super::loops::{Loops, straight};
use super::width::{Kernel, run};
use crate::element::Scalar;
use crate::format::Class;
use crate::layout::Order;
use crate::view::{Run, View, Walk, load};

/// The position, in C order, of the first element that equals a value.
///
/// # Examples
/// ```
/// use consumer::{Layout, View};
/// use consumer::kernels::search;
///
/// let numbers = [1.5_f64, f64::NAN, 2.5, 1.5];
/// let layout = Layout::contiguous(&[4], 8).unwrap();
/// // SAFETY: the layout lies within `numbers`, which is only read.
/// let view = unsafe { View::<f64>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ()) };
/// assert_eq!(search::find(&view, 2.5), Some(2));
/// assert_eq!(search::find(&view, f64::NAN), None);
/// assert_eq!(search::count(&view, 1.5), 2);
/// ```
pub fn find<T: Scalar>(view: &View<T>, value: T::Value) -> Option<usize> {
    let mut buffers = Buffers::new();
    let mut search = Search::<T>::new(value, &mut buffers)?;
    if let Some(run) = straight([view.raw()]) {
        // SAFETY: the run is all elements of the view, which are valid for reads.
        return unsafe { search.find(run) };
    }
    let mut before = 0;
    for run in Walk::of(view.raw(), Order::C) {
        // SAFETY: a run leads to elements of the view, which are valid for reads.
        if let Some(index) = unsafe { search.find(run) } {
            return Some(before + index);
        }
        before += run.length;
    }
    None
}

/// How many elements equal a value.
pub fn count<T: Scalar>(view: &View<T>, value: T::Value) -> usize {
    let mut buffers = Buffers::new();
    let Some(mut search) = Search::<T>::new(value, &mut buffers) else { return 0 };
    if let Some(run) = straight([view.raw()]) {
        // SAFETY: the run is all elements of the view, which are valid for reads.
        return unsafe { search.count(run) };
    }
    let mut total = 0;
    let mut add = |run| {
        // SAFETY: a run leads to elements of the view, which are valid for reads.
        total += unsafe { search.count(run) };
        true
    };
    match Loops::over([view.raw()]) {
        Some(mut loops) => {
            let inner = loops.take(0);
            let (strides, length) = (inner.strides, inner.length);
            loops.all(|starts| add(Run { starts, strides, length }));
        }
        None => {
            Walk::of(view.raw(), Order::C).all(add);
        }
    }
    total
}

/// What the bits of an element are, where they matter, if it equals a value. All that a NaN, a zero
/// with a sign or a `bool` need beyond equal bytes are bits that do not matter.
#[derive(Debug, Clone, Copy)]
struct Pattern<B> {
    matters: B,
    bits: B,
    /// Those elements are sought that are *not* so: any byte but 0 is true.
    negated: bool,
}

impl<B: Copy + AsMut<[u8]> + AsRef<[u8]>> Pattern<B> {
    /// The pattern of the elements that equal the one of these bytes, which is no NaN; `None` where
    /// numbers have several spellings.
    fn of<T: Scalar<Bytes = B>>(bytes: B) -> Option<Self> {
        let encoding = Encoding::of::<T>();
        let mut matters = bytes;
        matters.as_mut().fill(0xff);
        match encoding.class {
            Class::Bool => {
                let negated = bytes.as_ref().iter().any(|&byte| byte != 0);
                let mut bits = bytes;
                bits.as_mut().fill(0);
                Some(Self { matters, bits, negated })
            }
            Class::Float | Class::Complex if encoding.part() > 8 => None,
            Class::Float | Class::Complex => {
                let mut bits = T::to_native(bytes);
                let size = encoding.part();
                let sign = if cfg!(target_endian = "little") { size - 1 } else { 0 };
                let parts = bits.as_mut().chunks_exact_mut(size);
                for (part, matters) in parts.zip(matters.as_mut().chunks_exact_mut(size)) {
                    let is_zero =
                        |(index, &byte): (usize, &u8)| byte == 0 || (index == sign && byte == 0x80);
                    if part.iter().enumerate().all(is_zero) {
                        part.fill(0);
                        matters[sign] = 0x7f;
                    }
                }
                // Turning bytes around undoes itself.
                let [bits, matters] = [bits, matters].map(T::to_native);
                Some(Self { matters, bits, negated: false })
            }
            _ => Some(Self { matters, bits: bytes, negated: false }),
        }
    }
}

/// A search for one value, line by line.
struct Search<'a, T: Scalar> {
    value: T::Value,
    pattern: Option<Pattern<T::Bytes>>,
    blocks: Blocks<'a>,
}

impl<'a, T: Scalar> Search<'a, T> {
    /// `None` where no element can equal the value.
    #[expect(clippy::eq_op, reason = "a NaN does not equal itself")]
    fn new(value: T::Value, buffers: &'a mut Buffers) -> Option<Self> {
        if value != value {
            return None;
        }
        let pattern = Pattern::of::<T>(T::encode(value));
        // The pattern is of the bytes as they lie there.
        let encoding = Encoding { swapped: false, ..Encoding::of::<T>() };
        Some(Self { value, pattern, blocks: Blocks::new(encoding, None, buffers) })
    }

    /// The index of the first element of a line that equals the value.
    ///
    /// # Safety
    /// The line leads to elements valid for reads.
    unsafe fn find(&mut self, run: Run<1>) -> Option<usize> {
        let Some(pattern) = self.pattern else {
            // SAFETY: as the caller says.
            return (0..run.length).position(|index| unsafe { self.equals(run, index) });
        };
        // SAFETY: as the caller says.
        unsafe {
            self.blocks(run, |start, count, before| {
                let found = first(start, count, &pattern)?;
                Some(before + found)
            })
        }
    }

    /// How many elements of a line equal the value.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    unsafe fn count(&mut self, run: Run<1>) -> usize {
        let Some(pattern) = self.pattern else {
            // SAFETY: as the caller says.
            return (0..run.length).filter(|&index| unsafe { self.equals(run, index) }).count();
        };
        let mut total = 0;
        // SAFETY: as the caller says.
        unsafe {
            self.blocks(run, |start, count, _| -> Option<()> {
                total += all(start, count, &pattern);
                None
            });
        }
        total
    }

    /// Gives `look` one block of a line after the other, with the number of elements in it and
    /// before it, until it finds something.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    unsafe fn blocks<R>(
        &mut self,
        run: Run<1>,
        mut look: impl FnMut(*const u8, usize, usize) -> Option<R>,
    ) -> Option<R> {
        let line = Line { start: run.starts[0], stride: run.strides[0] };
        let most = self.blocks.most(line).min(run.length).max(1);
        (0..run.length).step_by(most).find_map(|before| {
            let count = most.min(run.length - before);
            // SAFETY: as the caller says.
            look(unsafe { self.blocks.block(line, before, count) }, count, before)
        })
    }

    /// Whether an element equals the value: the plain way, for all types.
    ///
    /// # Safety
    /// As for [`find`](Self::find), the index being one of the line.
    unsafe fn equals(&self, run: Run<1>, index: usize) -> bool {
        // SAFETY: as the caller says.
        unsafe { load::<T>(run.pointer(0, index)) == self.value }
    }
}

/// Calls a kernel with a pattern for integers of the size of an element.
macro_rules! by_size {
    ($kernel:ident, $start:ident, $count:ident, $pattern:ident) => {{
        macro_rules! sized {
            ($bits:ty) => {{
                let integer =
                    |bytes: &[u8]| bytes.try_into().map(<$bits>::from_ne_bytes).unwrap_or_default();
                run($kernel::<$bits> {
                    start: $start.cast(),
                    count: $count,
                    matters: integer($pattern.matters.as_ref()),
                    bits: integer($pattern.bits.as_ref()),
                })
            }};
        }
        match $pattern.bits.as_ref().len() {
            2 => sized!(u16),
            4 => sized!(u32),
            8 => sized!(u64),
            _ => sized!(u128),
        }
    }};
}

/// The index of the first element that is as the pattern says.
///
/// # Safety
/// `count` adjacent elements are valid for reads. Patterns are of 1, 2, 4, 8 or 16 bytes.
unsafe fn first<B: AsRef<[u8]>>(
    start: *const u8,
    count: usize,
    pattern: &Pattern<B>,
) -> Option<usize> {
    // SAFETY: as the caller says. The slice of bytes lives for this search alone; that nobody
    // stores into the memory meanwhile is what every reader of a buffer has to rely on.
    unsafe {
        match pattern.bits.as_ref() {
            [0] if pattern.negated => run(FirstTrue { start, count }),
            [byte] => memchr::memchr(*byte, std::slice::from_raw_parts(start, count)),
            _ => by_size!(First, start, count, pattern),
        }
    }
}

/// How many elements are as the pattern says.
///
/// # Safety
/// As for [`first`].
unsafe fn all<B: AsRef<[u8]>>(start: *const u8, count: usize, pattern: &Pattern<B>) -> usize {
    // SAFETY: as for `first`.
    unsafe {
        let [byte] = pattern.bits.as_ref() else { return by_size!(All, start, count, pattern) };
        let equal = memchr::memchr_iter(*byte, std::slice::from_raw_parts(start, count)).count();
        if pattern.negated { count - equal } else { equal }
    }
}

/// Bytes of a chunk, after which something found ends the search.
const LONG: usize = 512;
/// Bytes of a chunk where there are not so many left.
const SHORT: usize = 64;

struct First<U> {
    start: *const U,
    count: usize,
    matters: U,
    bits: U,
}

/// The index of the first byte that is not 0.
struct FirstTrue {
    start: *const u8,
    count: usize,
}

struct All<U> {
    start: *const U,
    count: usize,
    matters: U,
    bits: U,
}

impl Kernel for FirstTrue {
    type Output = Option<usize>;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
        // SAFETY: as the caller says.
        chunks::first::<LONG, SHORT>(self.count, |index| unsafe {
            self.start.add(index).read() != 0
        })
    }
}

macro_rules! kernels {
    ($($bits:ty)*) => {
        $(impl Kernel for First<$bits> {
            type Output = Option<usize>;

            #[inline(always)]
            unsafe fn run<const BYTES: usize>(self) -> Option<usize> {
                const SIZE: usize = size_of::<$bits>();
                chunks::first::<{ LONG / SIZE }, { SHORT / SIZE }>(self.count, |index| {
                    // SAFETY: as the caller says; nothing is asked of the alignment.
                    let element = unsafe { self.start.add(index).read_unaligned() };
                    element & self.matters == self.bits
                })
            }
        }

        impl Kernel for All<$bits> {
            type Output = usize;

            #[inline(always)]
            unsafe fn run<const BYTES: usize>(self) -> usize {
                // Few enough to be counted in one lane.
                const COUNT: usize = 2048;
                let mut total = 0;
                for first in (0..self.count).step_by(COUNT) {
                    let mut count = <$bits>::MIN;
                    for index in first..self.count.min(first + COUNT) {
                        // SAFETY: as the caller says; nothing is asked of the alignment.
                        let element = unsafe { self.start.add(index).read_unaligned() };
                        count += <$bits>::from(element & self.matters == self.bits);
                    }
                    total += count as usize;
                }
                total
            }
        })*
    };
}
kernels!(u16 u32 u64 u128);
