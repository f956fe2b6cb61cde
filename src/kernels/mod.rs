//! Work on many elements at once: moving, comparing and searching them.
//!
//! A kernel takes views and walks them by their straight runs. What only moves bytes depends on
//! the element's size, not on its type; what looks at values is generic over the type. Each fast
//! path has the plain loop beside it that it must agree with.

pub mod compare;
pub mod copy;
pub(crate) mod record;
pub mod search;
