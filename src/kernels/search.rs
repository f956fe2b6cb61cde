//! Looking for a value among the elements of a view.
//!
//! Nearly every search is one for a pattern of bits: see `Pattern`. So the loops depend on the
//! element's size alone, and other byte orders cost nothing.

#![allow(unsafe_code)]

use std::ffi::c_int;

use super::ahead;
use super::block::{Blocks, Buffers};
use super::bytes::AllBytes;
use super::chunks;
use super::encoding::Encoding;
use super::line::Lines;
use super::loops::{Loops, straight};
use super::pattern::{MOST, Pattern};
use super::width::{Kernel, run};
use crate::element::{Scalar, is_bitwise};
use crate::layout::Order;
use crate::view::{RawView, Run, View, Walk, load};

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
#[inline]
pub fn find<T: Scalar>(view: &View<T>, value: T::Value) -> Option<usize> {
    if const { T::SIZE == 1 && is_bitwise(T::KIND) }
        && let [byte] = *T::encode(value).as_ref()
        && let Some(count) = view.layout().contiguous_len()
    {
        // SAFETY: the view is as many bytes.
        return unsafe { find_byte(view.start(), count, byte) };
    }
    let sought = sought::<T>(value)?;
    if let (Some(pattern), Some(count)) = (&sought.pattern, view.layout().contiguous_len()) {
        // SAFETY: the view is as many adjacent elements, of the pattern's size.
        return unsafe { first(view.start(), count, pattern) };
    }
    // SAFETY: what is sought is sought among elements of its type.
    unsafe { find_in_blocks(view.raw(), &sought) }
}

/// How many elements equal a value.
pub fn count<T: Scalar>(view: &View<T>, value: T::Value) -> usize {
    let Some(sought) = sought::<T>(value) else { return 0 };
    if let (Some(pattern), Some(count)) = (&sought.pattern, view.layout().contiguous_len()) {
        // SAFETY: the view is as many adjacent elements, of the pattern's size.
        return unsafe { all(view.start(), count, pattern) };
    }
    // SAFETY: what is sought is sought among elements of its type.
    unsafe { count_in_blocks(view.raw(), &sought) }
}

/// The general way, by itself, for it has buffers to set up.
///
/// # Safety
/// The view's elements are of the encoding of what is sought.
#[inline(never)]
unsafe fn find_in_blocks<F>(view: RawView<'_>, sought: &Sought<F>) -> Option<usize>
where
    F: Fn(*const u8) -> bool,
{
    let mut buffers = Buffers::new();
    // SAFETY: as the caller says.
    unsafe { Search::new(sought, &mut buffers).find_in(view) }
}

/// As [`find_in_blocks`].
///
/// # Safety
/// As for [`find_in_blocks`].
#[inline(never)]
unsafe fn count_in_blocks<F>(view: RawView<'_>, sought: &Sought<F>) -> usize
where
    F: Fn(*const u8) -> bool,
{
    let mut buffers = Buffers::new();
    // SAFETY: as the caller says.
    unsafe { Search::new(sought, &mut buffers).count_in(view) }
}

/// Which elements are sought.
struct Sought<F> {
    encoding: Encoding,
    pattern: Option<Pattern>,
    /// Whether the element at an address equals the value: the plain way, for all types.
    equals: F,
}

/// The elements that equal a value; `None` where none can.
#[expect(clippy::eq_op, reason = "a NaN does not equal itself")]
fn sought<T: Scalar>(value: T::Value) -> Option<Sought<impl Fn(*const u8) -> bool>> {
    if value != value {
        return None;
    }
    // SAFETY: it is only called with the addresses of elements, which are valid for reads.
    let equals = move |pointer| unsafe { load::<T>(pointer) } == value;
    let pattern = Pattern::of(T::to_native(T::encode(value)).as_ref(), Encoding::of::<T>());
    Some(Sought { encoding: Encoding::of::<T>(), pattern, equals })
}

/// A search for one value, line by line.
struct Search<'a> {
    pattern: Option<Pattern>,
    equals: &'a dyn Fn(*const u8) -> bool,
    blocks: Blocks<'a>,
}

impl<'a> Search<'a> {
    fn new<F: Fn(*const u8) -> bool>(sought: &'a Sought<F>, buffers: &'a mut Buffers) -> Self {
        // The pattern is of the bytes as they lie there.
        let encoding = Encoding { swapped: false, ..sought.encoding };
        let blocks = Blocks::new(encoding, None, buffers);
        Self { pattern: sought.pattern, equals: &sought.equals, blocks }
    }

    /// The position, in C order, of the first element that is sought.
    ///
    /// # Safety
    /// The view's elements are of the encoding.
    unsafe fn find_in(&mut self, view: RawView<'_>) -> Option<usize> {
        let (mut found, mut before) = (None, 0);
        let mut find = |lines: Lines<1>| {
            // SAFETY: lines lead to elements of the view, which are valid for reads.
            found = unsafe { self.find(&lines) }.map(|index| before + index);
            before += lines.lines * lines.length;
            found.is_none()
        };
        if let Some(run) = straight([view]) {
            find(Lines::of(run));
        } else if let Some(loops) = Loops::in_order([view]) {
            loops.lines(find);
        } else {
            Walk::from_view(view, Order::C).all(|run| find(Lines::of(run)));
        }
        found
    }

    /// How many elements are sought.
    ///
    /// # Safety
    /// As for [`find_in`](Self::find_in).
    unsafe fn count_in(&mut self, view: RawView<'_>) -> usize {
        let mut total = 0;
        let mut add = |lines: Lines<1>| {
            // SAFETY: lines lead to elements of the view, which are valid for reads.
            total += unsafe { self.count(&lines) };
            true
        };
        if let Some(run) = straight([view]) {
            add(Lines::of(run));
        } else if let Some(loops) = Loops::over([view]) {
            loops.lines(add);
        } else {
            Walk::from_view(view, Order::C).all(|run| add(Lines::of(run)));
        }
        total
    }

    /// The index, all lines taken together, of the first element that is sought.
    ///
    /// # Safety
    /// The lines lead to elements valid for reads.
    unsafe fn find(&mut self, lines: &Lines<1>) -> Option<usize> {
        let Some(pattern) = self.pattern else {
            return self.addresses(lines).position(self.equals);
        };
        let (mut found, mut before) = (None, 0);
        lines.pieces(self.blocks.most(lines), |piece| {
            let count = piece.lines * piece.length;
            // SAFETY: as the caller says.
            let index = unsafe { first(self.blocks.block(piece), count, &pattern) };
            found = index.map(|index| before + index);
            before += count;
            found.is_none()
        });
        found
    }

    /// How many elements of some lines are sought.
    ///
    /// # Safety
    /// As for [`find`](Self::find).
    unsafe fn count(&mut self, lines: &Lines<1>) -> usize {
        let Some(pattern) = self.pattern else {
            return self.addresses(lines).filter(|&pointer| (self.equals)(pointer)).count();
        };
        let mut total = 0;
        lines.pieces(self.blocks.most(lines), |piece| {
            let count = piece.lines * piece.length;
            // SAFETY: as the caller says.
            total += unsafe { all(self.blocks.block(piece), count, &pattern) };
            true
        });
        total
    }

    /// The address of every element of some lines.
    fn addresses(&self, lines: &Lines<1>) -> impl Iterator<Item = *const u8> {
        let &Lines { strides, length, .. } = lines;
        (0..lines.lines).map(|line| lines.line(line)).flat_map(move |starts| {
            let run = Run { starts, strides, length };
            (0..length).map(move |index| run.pointer(0, index).cast_const())
        })
    }
}

/// Calls a kernel with a pattern for integers of the size of an element.
macro_rules! by_size {
    ($kernel:ident, $start:ident, $count:ident, $pattern:ident) => {{
        macro_rules! sized {
            ($bits:ty) => {{
                let integer = |bytes: &[u8; MOST]| {
                    let bytes = bytes.first_chunk().copied();
                    bytes.map(<$bits>::from_ne_bytes).unwrap_or_default()
                };
                run($kernel::<$bits> {
                    start: $start.cast(),
                    count: $count,
                    matters: integer(&$pattern.matters),
                    bits: integer(&$pattern.bits),
                })
            }};
        }
        match $pattern.size {
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
unsafe fn first(start: *const u8, count: usize, pattern: &Pattern) -> Option<usize> {
    // SAFETY: as the caller says.
    unsafe {
        match pattern.size {
            1 if pattern.negated => run(FirstTrue { start, count }),
            1 => find_byte(start, count, pattern.bits[0]),
            _ => by_size!(First, start, count, pattern),
        }
    }
}

/// The index of the first byte that is this one. C's own function: 0.8 of the time of the crate memchr
/// for a kilobyte.
///
/// # Safety
/// `count` bytes are valid for reads.
#[inline]
unsafe fn find_byte(start: *const u8, count: usize, byte: u8) -> Option<usize> {
    // SAFETY: as the caller says.
    let found = unsafe { libc::memchr(start.cast(), c_int::from(byte), count) };
    (!found.is_null()).then(|| found.addr() - start.addr())
}

/// How many elements are as the pattern says.
///
/// # Safety
/// As for [`first`].
unsafe fn all(start: *const u8, count: usize, pattern: &Pattern) -> usize {
    // SAFETY: as for `first`.
    unsafe {
        if pattern.size > 1 {
            return by_size!(All, start, count, pattern);
        }
        let equal = run(AllBytes { start, count, byte: pattern.bits[0] });
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
        chunks::first_of::<_, LONG, SHORT>(self.start, self.count, |index| unsafe {
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
                let Self { start, count, matters, bits } = self;
                chunks::first_of::<_, { LONG / SIZE }, { SHORT / SIZE }>(start, count, |index| {
                    // SAFETY: as the caller says; nothing is asked of the alignment.
                    let element = unsafe { start.add(index).read_unaligned() };
                    element & matters == bits
                })
            }
        }

        impl Kernel for All<$bits> {
            type Output = usize;

            #[inline(always)]
            unsafe fn run<const BYTES: usize>(self) -> usize {
                const SIZE: usize = size_of::<$bits>();
                // Few enough to be counted in one lane; and to be asked for together.
                const MOST: usize = 8192 / SIZE;
                const SOON: usize = 2048 / SIZE;
                let Self { start, count, matters, bits } = self;
                let (mut total, mut first) = (0, 0);
                while first < count {
                    let (left, later) = (count - first, first + ahead::AHEAD / SIZE);
                    let mut next = MOST.min(left);
                    if count >= later + SOON {
                        next = SOON;
                        ahead::ask_for(start.wrapping_add(later).cast(), SOON * SIZE);
                    }
                    let mut equal = <$bits>::MIN;
                    for index in first..first + next {
                        // SAFETY: as the caller says; nothing is asked of the alignment.
                        let element = unsafe { start.add(index).read_unaligned() };
                        equal += <$bits>::from(element & matters == bits);
                    }
                    total += equal as usize;
                    first += next;
                }
                total
            }
        })*
    };
}
kernels!(u16 u32 u64 u128);
