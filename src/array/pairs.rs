//! Which part of one array's elements becomes which part of another's.
//!
//! Records become others field by field: by name where all fields of both have one, in any order,
//! and else by place. Sub-arrays become others of their shape, strings those that are no shorter.
//! So what remains is parts of the same type, and numbers that become scalars.

#![allow(unsafe_code)]

use super::AnyArray;
use crate::dtype::{DType, ScalarType};
use crate::error::{Error, Result, Tuple};
use crate::fallible::{self, Shortened};
use crate::form::{ElementType, Field, NamePlaces, Record};
use crate::kernels::convert::{is_meaningful, is_safe, no_conversion};
use crate::layout::{Key, Layout};

/// A part of one array's elements, and the part of another's that it becomes. The two have the same
/// type, or the first is scalars or bit-fields that become the scalars of the second.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pair {
    /// The name of the field that the part is, if it is one; of a long one the start.
    pub field: Option<String>,
    /// The part as it is.
    pub from: AnyArray,
    /// The part that it becomes.
    pub to: AnyArray,
}

impl AnyArray {
    /// Returns the parts of the elements, and the parts of the target's that they become.
    ///
    /// # Errors
    /// Returns an error with [`is_wrong_kind`](Error::is_wrong_kind) for parts that do not become
    /// each other.
    #[doc(hidden)]
    pub fn pairs(&self, target: &Self) -> Result<Vec<Pair>> {
        let mut pairs = Vec::new();
        self.pair(target, None, &mut pairs)?;
        Ok(pairs)
    }

    /// Returns whether the target's elements hold all values of this array's, whatever these are.
    ///
    /// # Errors
    /// Returns the errors of [`pairs`](Self::pairs).
    #[doc(hidden)]
    pub fn is_safe_in(&self, target: &Self) -> Result<bool> {
        let holds = |pair: &Pair| match (pair.from.number_type(), pair.to.scalar_type()) {
            (Some(from), Some(to)) => is_safe(from, to.dtype),
            _ => true,
        };
        Ok(self.pairs(target)?.iter().all(holds))
    }

    /// Returns the array with sub-arrays as dimensions, and strings as those of their characters.
    fn spread(&self, strings: bool) -> Result<Self> {
        let Self::Composite(array) = self else { return Ok(self.clone()) };
        match &**array.descriptor() {
            nested @ (ElementType::Array { .. } | ElementType::Padded(..)) => {
                // SAFETY: the elements' own type.
                unsafe { self.part(0, nested) }?.spread(strings)
            }
            string if strings => match units(string) {
                Some((unit, count)) => {
                    let characters = ElementType::array(vec![count], ElementType::Scalar(unit));
                    // SAFETY: as many units are what the elements consist of.
                    unsafe { self.part(0, &characters) }
                }
                None => Ok(self.clone()),
            },
            _ => Ok(self.clone()),
        }
    }

    fn pair(&self, target: &Self, field: Option<&str>, pairs: &mut Vec<Pair>) -> Result<()> {
        let in_field = |error: Error| match field {
            Some(name) => error.in_field(&Shortened(name)),
            None => error,
        };
        let mut push = |from, to| {
            let field = field.map(|name| Shortened(name).to_string());
            fallible::push(pairs, Pair { field, from, to })
        };
        let (from, to) = (self.spread(false)?, target.spread(false)?);
        let wrong = || in_field(no_conversion([from.format(), to.format()]));
        let shapes = [from.layout().shape(), to.layout().shape()];
        if shapes[0] != shapes[1] {
            return Err(in_field(Error::wrong_kind(format!(
                "elements of shape {} cannot become elements of shape {}",
                Tuple(shapes[0]),
                Tuple(shapes[1])
            ))));
        }
        if from.has_type_of(&to) && !matches!(from, Self::Opaque(_)) {
            return push(from, to);
        }
        if let (Some(one), Some(two)) = (from.number_type(), to.scalar_type()) {
            let meaningful = is_meaningful(one.kind(), two.dtype.kind());
            return if meaningful { push(from, to) } else { Err(wrong()) };
        }
        let (Self::Composite(one), Self::Composite(two)) = (&from, &to) else {
            return Err(wrong());
        };
        match (&**one.descriptor(), &**two.descriptor()) {
            (ElementType::Record(one), ElementType::Record(two)) if !one.union && !two.union => {
                for (from_place, place) in matched(one, two).map_err(in_field)? {
                    let (one, into) = (&one.fields[from_place], &two.fields[place]);
                    // SAFETY: each is a field of its elements' own type.
                    let (one, into) = unsafe {
                        let one = from.part(one.offset, &one.element_type)?;
                        (one, to.part(into.offset, &into.element_type)?)
                    };
                    one.pair(&into, Some(&two.name(place)), pairs)?;
                }
                Ok(())
            }
            (one, two) => match (units(one), units(two)) {
                (Some((one, count)), Some((two, room)))
                    if count <= room && one.dtype.kind() == two.dtype.kind() =>
                {
                    let (from, to) = (from.spread(true)?, to.spread(true)?);
                    let part = |start, stop| {
                        let stop = isize::try_from(stop).unwrap_or(isize::MAX);
                        to.select(&[Key::Ellipsis, Key::Slice { start, stop, step: 1 }])
                    };
                    let rest = part(count as isize, room)?;
                    push(from, part(0, count)?)?;
                    push(nuls(two, rest.layout().shape())?, rest)
                }
                _ => Err(wrong()),
            },
        }
    }
}

/// Returns the type of the units of a string, and how many there are.
fn units(element_type: &ElementType) -> Option<(ScalarType, usize)> {
    match element_type {
        ElementType::Bytes(size) => Some((ScalarType { dtype: DType::U8, swapped: false }, *size)),
        ElementType::Text(unit, count) => Some((*unit, *count)),
        _ => None,
    }
}

/// Returns an array of a shape whose elements are all NUL.
fn nuls(unit: ScalarType, shape: &[usize]) -> Result<AnyArray> {
    static NUL: [u8; 4] = [0; 4];
    let strides = vec![0; shape.len()];
    let layout = Layout::new(shape, Some(&strides), None, unit.dtype.size())?;
    let start = NUL.as_ptr().cast_mut();
    // SAFETY: units have four bytes at most, and all elements are the same one, which is static.
    Ok(unsafe { AnyArray::from_scalars(unit, start, layout, unit.format(), true, None) })
}

/// Returns the places of the fields of one record and of those of another that they become.
fn matched(from: &Record, to: &Record) -> Result<Vec<(usize, usize)>> {
    let named = |record: &Record| record.fields.iter().all(|field| field.name.is_some());
    if from.fields.len() != to.fields.len() {
        return Err(Error::wrong_kind(format!(
            "records of {} fields cannot become records of {}",
            from.fields.len(),
            to.fields.len()
        )));
    }
    let same = |(one, two): (&Field, &Field)| one.name == two.name;
    let by_place = !named(from) || !named(to) || from.fields.iter().zip(&to.fields).all(same);
    let mut places = fallible::vec_for(to.fields.len())?;
    if by_place {
        places.extend((0..to.fields.len()).map(|place| (place, place)));
        return Ok(places);
    }
    let known = NamePlaces::new(from.names())?;
    let mut free = fallible::vec_for(from.fields.len())?;
    free.resize(from.fields.len(), true);
    for (place, name) in to.names().enumerate() {
        // A name stands for one field.
        let source = known.first(&name).filter(|&source| std::mem::take(&mut free[source]));
        places.push((source.ok_or_else(|| from.no_field(&name))?, place));
    }
    Ok(places)
}
