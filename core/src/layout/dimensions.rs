//! A short list of numbers, one per dimension.
//!
//! Cloning it has to be a plain copy of its bytes, because that is most of what a slice costs. That
//! is why it is a type of its own and not one of the crates for short vectors.

use std::ops::{Deref, DerefMut};

use num_traits::Zero;

/// The number of inline dimensions: enough for an image with several channels.
pub(super) const INLINE: usize = 3;

/// One number per dimension, on the heap only if there are more than three.
#[derive(Debug)]
pub(super) enum Dimensions<T> {
    Inline { length: usize, numbers: [T; INLINE] },
    Heap(Vec<T>),
}

impl<T: Copy + Zero> Dimensions<T> {
    #[inline]
    pub(super) fn new() -> Self {
        Self::Inline { length: 0, numbers: [T::zero(); INLINE] }
    }

    /// Makes a list of one number.
    #[inline]
    pub(super) fn one(number: T) -> Self {
        let mut numbers = [T::zero(); INLINE];
        numbers[0] = number;
        Self::Inline { length: 1, numbers }
    }

    /// Makes a list of `length` numbers. If they fit inline, `number` is called for every place that
    /// there is, also beyond `length`.
    #[inline(always)]
    pub(super) fn of(length: usize, number: impl Fn(usize) -> T) -> Self {
        if length > INLINE {
            return Self::Heap((0..length).map(number).collect());
        }
        Self::Inline { length, numbers: std::array::from_fn(number) }
    }

    /// Makes a list of `count` numbers, or returns `None` if they do not fit inline.
    #[inline(always)]
    pub(super) fn inline(count: usize, mut number: impl FnMut(usize) -> T) -> Option<Self> {
        let mut numbers = [T::zero(); INLINE];
        for (index, place) in numbers.get_mut(..count)?.iter_mut().enumerate() {
            *place = number(index);
        }
        Some(Self::Inline { length: count, numbers })
    }

    /// Returns whether the numbers are stored inline.
    #[inline(always)]
    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Self::Inline { .. })
    }

    /// Returns the number of the first dimension.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<T> {
        match self {
            Self::Inline { length: 0, .. } => None,
            Self::Inline { numbers, .. } => Some(numbers[0]),
            Self::Heap(numbers) => numbers.first().copied(),
        }
    }

    /// Returns the number of the only dimension, if there is one only.
    #[inline(always)]
    pub(super) fn only(&self) -> Option<T> {
        match self {
            Self::Inline { length: 1, numbers } => Some(numbers[0]),
            _ => None,
        }
    }

    /// Returns the numbers of all dimensions but the first.
    #[inline(always)]
    pub(super) fn without_first(&self) -> Self {
        match self {
            Self::Inline { length, numbers: [_, second, third] } => Self::Inline {
                length: length.saturating_sub(1),
                numbers: [*second, *third, T::zero()],
            },
            Self::Heap(numbers) => Self::from(numbers.get(1..).unwrap_or_default()),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, number: T) {
        match self {
            Self::Inline { length, numbers } => match numbers.get_mut(*length) {
                Some(place) => {
                    *place = number;
                    *length += 1;
                }
                None => {
                    let mut all = numbers.to_vec();
                    all.push(number);
                    *self = Self::Heap(all);
                }
            },
            Self::Heap(numbers) => numbers.push(number),
        }
    }
}

impl<T: Copy> Clone for Dimensions<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        match self {
            Self::Inline { length, numbers } => Self::Inline { length: *length, numbers: *numbers },
            Self::Heap(numbers) => Self::Heap(numbers.clone()),
        }
    }
}

impl<T: Copy + Zero> From<&[T]> for Dimensions<T> {
    #[inline]
    fn from(slice: &[T]) -> Self {
        let mut numbers = [T::zero(); INLINE];
        match numbers.get_mut(..slice.len()) {
            Some(place) => {
                place.copy_from_slice(slice);
                Self::Inline { length: slice.len(), numbers }
            }
            None => Self::Heap(slice.to_vec()),
        }
    }
}

impl<T: Copy + Zero> FromIterator<T> for Dimensions<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::new(), |mut all, number| {
            all.push(number);
            all
        })
    }
}

impl<T> Deref for Dimensions<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Inline { length, numbers } => &numbers[..(*length).min(INLINE)],
            Self::Heap(numbers) => numbers,
        }
    }
}

impl<T> DerefMut for Dimensions<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::Inline { length, numbers } => &mut numbers[..(*length).min(INLINE)],
            Self::Heap(numbers) => numbers,
        }
    }
}

impl<T: PartialEq> PartialEq for Dimensions<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Dimensions<T> {}
