//! Arrays of bit-fields.

use super::AnyArray;
use crate::dtype::DType;
use crate::form::{Bits, ElementType};

impl AnyArray {
    /// Returns which bits the elements are, if they are bit-fields.
    #[doc(hidden)]
    #[must_use]
    pub fn bits(&self) -> Option<Bits> {
        let Self::Composite(array) = self else { return None };
        match **array.descriptor() {
            ElementType::Bits(bits) => Some(bits),
            _ => None,
        }
    }

    /// Returns the type of the elements if they are scalars, and the smallest one that holds their
    /// values if they are bit-fields.
    pub(super) fn number_type(&self) -> Option<DType> {
        let scalar = self.scalar_type().map(|scalar_type| scalar_type.dtype);
        scalar.or_else(|| self.bits().map(|bits| bits.dtype()))
    }
}
