//! Element types in another byte order.

use super::{ElementType, Record};
use crate::dtype::ScalarType;

impl ElementType {
    /// Returns whether [`to_native`](Self::to_native) changes nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn is_native(&self) -> bool {
        match self {
            Self::Scalar(unit) | Self::Text(unit, _) => !unit.swapped,
            Self::Array { element, .. } | Self::Padded(_, element) => element.is_native(),
            Self::Record(record) => {
                record.union || record.fields.iter().all(|field| field.element_type.is_native())
            }
            _ => true,
        }
    }

    /// Returns the same type with every scalar in this machine's byte order, except for those in
    /// bit-fields and unions.
    #[must_use]
    pub fn to_native(&self) -> Self {
        self.in_order(|_| false)
    }

    /// Returns the same type with every scalar in the other byte order, except for those in
    /// bit-fields and unions.
    #[doc(hidden)]
    #[must_use]
    pub fn to_swapped(&self) -> Self {
        self.in_order(|scalar_type| !scalar_type.swapped && scalar_type.dtype.size() > 1)
    }

    fn in_order(&self, swapped: fn(&ScalarType) -> bool) -> Self {
        let ordered =
            |scalar_type: &ScalarType| ScalarType { swapped: swapped(scalar_type), ..*scalar_type };
        match self {
            Self::Scalar(scalar_type) => Self::Scalar(ordered(scalar_type)),
            Self::Text(unit, count) => Self::Text(ordered(unit), *count),
            Self::Array { shape, element } => {
                Self::Array { shape: shape.clone(), element: Box::new(element.in_order(swapped)) }
            }
            // The bytes of a union or a bit-field belong to several fields at once.
            Self::Record(record) if !record.union => {
                let mut record: Record = record.clone();
                record
                    .fields
                    .iter_mut()
                    .for_each(|field| field.element_type = field.element_type.in_order(swapped));
                Self::Record(record)
            }
            Self::Padded(offset, element_type) => {
                Self::Padded(*offset, Box::new(element_type.in_order(swapped)))
            }
            _ => self.clone(),
        }
    }
}
