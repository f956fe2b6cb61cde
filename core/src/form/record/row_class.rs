//! What a record carries along for whoever makes objects of it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The class of the objects that are made of a record, where those are not plain tuples: to the
/// library it is anything that is shared by all elements and views of a type.
#[derive(Clone)]
pub struct RowClass(Arc<dyn Any + Send + Sync>);

impl RowClass {
    /// Takes what stands for a class.
    #[must_use]
    pub fn new(class: Arc<dyn Any + Send + Sync>) -> Self {
        Self(class)
    }

    /// Returns what stands for the class, which is a `T` wherever one was taken.
    #[must_use]
    #[inline]
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for RowClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowClass")
    }
}
