//! [`Sum`]: the sum of all elements of views.

#![allow(unsafe_code)]

use super::Number;
use super::blocks::{all_blocks, parts};
use super::environment::standard;
use super::form::Form;
use super::sums::{Exact, Floats, Superaccumulator, Window, integers};
use crate::kernels::encoding::Encoding;
use crate::view::RawView;

/// The exact sum of elements, and how many they are.
///
/// It is found fast, and may then remain undecided, for floats that are very different and cancel
/// each other: so there is another one that is slower and decides all.
///
/// # Examples
/// ```
/// use consumer::kernels::Encoding;
/// use consumer::kernels::reduce::{Number, Sum};
/// use consumer::{Layout, View};
///
/// let numbers = [1e16, 1.0, -1e16];
/// let layout = Layout::contiguous(&[3], 8).unwrap();
/// // SAFETY: the layout lies within `numbers`, which is only read, and its elements are `f64`.
/// let sum = unsafe {
///     let view = View::<f64>::new(numbers.as_ptr().cast_mut().cast(), layout, true, ());
///     let mut sum = Sum::new(Encoding::from_type::<f64>());
///     sum.add(view.raw());
///     sum
/// };
/// assert_eq!(sum.total(), Some(Number::Float(1.0)));
/// assert_eq!(sum.mean(), Some(Number::Float(1.0 / 3.0)));
/// ```
#[derive(Debug, Clone)]
pub struct Sum {
    encoding: Encoding,
    form: Form,
    count: usize,
    parts: Parts,
}

/// The sum of numbers, or those of the parts of complex ones.
#[derive(Debug, Clone)]
enum Parts {
    Integers(i128),
    Windows([Window; 2]),
    Slow(Box<[Superaccumulator; 2]>),
}

impl Sum {
    /// Starts a sum of elements of an encoding, which are numbers.
    #[must_use]
    #[inline]
    pub fn new(encoding: Encoding) -> Self {
        let parts = match encoding.is_float() {
            true => Parts::Windows([Window::new(); 2]),
            false => Parts::Integers(0),
        };
        Self::of(encoding, parts)
    }

    /// Starts a sum that is not left undecided.
    #[must_use]
    pub fn slow(encoding: Encoding) -> Self {
        match encoding.is_float() {
            true => {
                Self::of(encoding, Parts::Slow(Box::new([const { Superaccumulator::new() }; 2])))
            }
            false => Self::new(encoding),
        }
    }

    fn of(encoding: Encoding, parts: Parts) -> Self {
        Self { encoding, form: Form::of(encoding), count: 0, parts }
    }

    /// Adds all elements of a view.
    ///
    /// # Safety
    /// The elements are of the encoding.
    #[inline]
    pub unsafe fn add(&mut self, view: RawView<'_>) {
        self.count += view.layout().len();
        let (form, number) = (self.form, self.encoding.of_number());
        for part in 0..self.encoding.numbers() {
            let start = view.start().wrapping_add(part * number.size);
            // SAFETY: the caller guarantees the encoding; each element consists of such parts, and
            // a block is as many numbers of the form.
            standard(|| unsafe {
                let part_view = RawView::new(start, view.layout());
                match form.in_place(self.encoding, view.layout()) {
                    Some(count) => self.add_block(part, start, count),
                    None => all_blocks(part_view, (number, form), false, &mut |start, block| {
                        self.add_block(part, start, block.len());
                    }),
                }
            });
        }
    }

    /// Adds contiguous numbers of the form to a part.
    ///
    /// # Safety
    /// As many are valid for reads.
    unsafe fn add_block(&mut self, part: usize, start: *const u8, count: usize) {
        let floats = Floats { start, count, single: self.form.size == size_of::<f32>() };
        // SAFETY: the caller guarantees the numbers.
        unsafe {
            match &mut self.parts {
                Parts::Integers(sum) => {
                    *sum += sum_of_integers(start, count, self.form);
                }
                Parts::Windows(windows) => windows[part].add(floats),
                Parts::Slow(sums) => sums[part].add_all(floats),
            }
        }
    }

    /// Returns the sum: of floats the nearest `f64`. None says that it is undecided.
    #[must_use]
    pub fn total(&self) -> Option<Number> {
        match self.parts {
            Parts::Integers(sum) => Some(Number::Integer(sum)),
            _ => self.divided(1),
        }
    }

    /// Returns the sum divided by how many the elements are, rounded once to the nearest `f64`.
    /// None says that it is undecided.
    #[must_use]
    pub fn mean(&self) -> Option<Number> {
        self.divided(self.count)
    }

    fn divided(&self, count: usize) -> Option<Number> {
        standard(|| {
            let [real, imaginary] = match &self.parts {
                Parts::Integers(sum) => {
                    let mean = Exact::from_units(*sum, 0).divided_to_f64(count);
                    return Some(Number::Float(mean));
                }
                Parts::Windows([real, imaginary]) => {
                    [real.decide(count)?, imaginary.decide(count)?]
                }
                Parts::Slow(sums) => [0, 1].map(|part| sums[part].clone().divided_to_f64(count)),
            };
            Some(match self.encoding.numbers() {
                1 => Number::Float(real),
                _ => Number::Complex([real, imaginary]),
            })
        })
    }
}

/// Returns the sum of contiguous integers of a form.
///
/// # Safety
/// `count` of them are valid for reads.
pub(super) unsafe fn sum_of_integers(start: *const u8, count: usize, form: Form) -> i128 {
    let mut sum = 0;
    for (first, length) in parts(start, count, form.size, count) {
        let start = start.wrapping_add(first * form.size);
        // SAFETY: the caller guarantees the integers.
        sum += unsafe { integers::sum(start, length, form.size, form.signed) };
    }
    sum
}
