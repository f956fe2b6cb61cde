//! [`Sum`]: the sum of all elements of views.

#![allow(unsafe_code)]

use super::environment::standard;
use super::form::Form;
use super::integers;
use super::round::Exact;
use super::superaccumulator::Superaccumulator;
use super::window::Window;
use super::Number;
use crate::kernels::axes::all_runs;
use crate::kernels::blocks::{Blocks, Buffers};
use crate::kernels::encoding::Encoding;
use crate::kernels::runs::Runs;
use crate::view::RawView;

/// The exact sum of elements, and how many they are.
///
/// It is found fast, and may then remain undecided, for floats that are very different and cancel
/// each other: so there is another one that is slower and decides all.
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

/// Complex elements whose real parts are added before their imaginary ones: the cache holds them.
const COMPLEX_BLOCK: usize = 1024;

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
            true => Self::of(encoding, Parts::Slow(Box::new([const { Superaccumulator::new() }; 2]))),
            false => Self::new(encoding),
        }
    }

    fn of(encoding: Encoding, parts: Parts) -> Self {
        let form = match encoding.is_float() {
            true => Form::wide(encoding),
            false => Form::of(encoding),
        };
        Self { encoding, form, count: 0, parts }
    }

    /// Adds all elements of a view.
    ///
    /// # Safety
    /// The elements are of the encoding.
    pub unsafe fn add(&mut self, view: RawView<'_>) {
        self.count += view.layout().len();
        // SAFETY: the caller guarantees the encoding.
        standard(|| unsafe { self.add_all(view) });
    }

    /// # Safety
    /// The same as for [`add`](Self::add).
    #[inline(never)]
    unsafe fn add_all(&mut self, view: RawView<'_>) {
        let (number, numbers) = (self.encoding.of_number(), self.encoding.numbers());
        let mut buffers = Buffers::new();
        let mut blocks = Blocks::new(number, self.form.widened, &mut buffers);
        let piece = if numbers == 1 { usize::MAX } else { COMPLEX_BLOCK };
        all_runs([view], |runs: Runs<1>| {
            runs.all_blocks(piece, |runs| {
                (0..numbers).all(|part| {
                    let starts = runs.starts.map(|start| start.wrapping_add(part * number.size));
                    let runs = Runs { starts, ..runs };
                    runs.all_blocks(blocks.max_len(&runs), |block| {
                        // SAFETY: the runs lead to elements of the view, and so to their parts,
                        // which are valid for reads; a block is as many numbers of the form.
                        unsafe { self.add_block(part, blocks.block(block), block.len()) };
                        true
                    })
                })
            })
        });
    }

    /// Adds contiguous numbers of the form to a part.
    ///
    /// # Safety
    /// As many are valid for reads.
    unsafe fn add_block(&mut self, part: usize, start: *const u8, count: usize) {
        let Form { size, signed, .. } = self.form;
        // SAFETY: the caller guarantees the numbers.
        unsafe {
            match &mut self.parts {
                Parts::Integers(sum) => *sum += integers::sum(start, count, size, signed),
                Parts::Windows(windows) => windows[part].add(start.cast(), count),
                Parts::Slow(sums) => {
                    for index in 0..count {
                        let number = start.cast::<f64>().wrapping_add(index).read_unaligned();
                        sums[part].add(number);
                    }
                }
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

    /// Returns the sum divided by how many the elements are, rounded once to the nearest `f64`. None
    /// says that it is undecided.
    #[must_use]
    pub fn mean(&self) -> Option<Number> {
        self.divided(self.count)
    }

    fn divided(&self, count: usize) -> Option<Number> {
        standard(|| {
            let [real, imaginary] = match &self.parts {
                Parts::Integers(sum) => {
                    return Some(Number::Float(Exact::from_units(*sum, 0).divided(count).to_f64()));
                }
                Parts::Windows([real, imaginary]) => {
                    [real.decide(count)?, imaginary.decide(count)?]
                }
                Parts::Slow(sums) => [0, 1].map(|part| match sums[part].clone().total() {
                    Ok(exact) => exact.divided(count).to_f64(),
                    Err(special) => special,
                }),
            };
            Some(match self.encoding.numbers() {
                1 => Number::Float(real),
                _ => Number::Complex([real, imaginary]),
            })
        })
    }
}
