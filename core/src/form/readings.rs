//! What a format string tells its readers: whether it describes a type, and whether NumPy, which
//! aligns records and reads counts by other rules, finds the same in it.

use super::{ElementType, Field, Record};
use crate::error::Result;
use crate::format::Format;

impl ElementType {
    /// Returns whether a format describes exactly this type, with all of its padding, and no other
    /// one to readers who go by the prefix where a record ends.
    #[must_use]
    pub fn is_described_by(&self, format: &[u8]) -> bool {
        Format::parse_and_compare(format).is_ok_and(|(tree, is_alike)| {
            self.is_of_tree(&tree) && (is_alike || !is_misread(format, self, self.size()))
        })
    }

    /// Returns whether a format describes exactly this type to NumPy, too.
    #[must_use]
    pub fn is_described_to_numpy_by(&self, format: &[u8]) -> bool {
        let is_of_numpys =
            || Format::parse_as_numpy(format).is_ok_and(|tree| self.is_of_tree(&tree));
        Format::parse_and_compare(format)
            .is_ok_and(|(tree, is_alike)| self.is_of_tree(&tree) && (is_alike || is_of_numpys()))
    }

    /// Returns the type with sub-arrays for the counts of a format that describes it, as NumPy has
    /// them: `2i` is two fields here, as in `struct`. `None` if the format is another type's.
    #[doc(hidden)]
    #[must_use]
    pub fn with_counts_of(&self, format: &[u8]) -> Option<Self> {
        let padded = |described: Result<Self>| match (described.ok()?, self) {
            // Where a format leaves out the padding at the end, the itemsize tells.
            (Self::Record(described), Self::Record(known)) => {
                Some(Self::Record(Record::new(described.fields, known.size)))
            }
            (described, _) => Some(described),
        };
        let tree = Format::parse(format).ok()?;
        let described = padded(Self::from_format(&tree))?;
        if described != *self {
            return None;
        }
        padded(Self::from_numpys_format(&tree))
    }

    fn is_of_tree(&self, tree: &Format) -> bool {
        tree.measure().is_ok_and(|measure| measure.size == self.size())
            && Self::from_format(tree).is_ok_and(|described| described == *self)
    }

    /// Returns whether two types have the same in the same places, whatever the names of fields,
    /// and the padding at the end of records.
    fn has_places_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(one), Self::Record(two)) => {
                let same = |(one, two): (&Field, &Field)| {
                    one.offset == two.offset && one.element_type.has_places_of(&two.element_type)
                };
                one.fields.len() == two.fields.len() && one.fields.iter().zip(&two.fields).all(same)
            }
            (
                Self::Array { shape, element },
                Self::Array { shape: other_shape, element: other },
            ) => {
                let count = shape.iter().product::<usize>();
                let same_steps = count <= 1 || element.size() == other.size();
                // A sub-array without elements has no places to compare.
                let same = || count == 0 || (same_steps && element.has_places_of(other));
                shape == other_shape && same()
            }
            (Self::Padded(offset, one), Self::Padded(other_offset, two)) => {
                offset == other_offset && one.has_places_of(two)
            }
            (one, two) => one == two,
        }
    }
}

/// Returns whether NumPy reads elements of `itemsize` bytes of a format, which are read here as
/// `element_type`, but finds other values in them.
pub(super) fn is_misread(format: &[u8], element_type: &ElementType, itemsize: usize) -> bool {
    Format::parse_as_numpy(format).is_ok_and(|other| {
        other.measure().is_ok_and(|measure| measure.size <= itemsize)
            && ElementType::from_format(&other)
                .is_ok_and(|other| !element_type.has_places_of(&other))
    })
}
