//! Vectors: how wide they are on this machine, and the code written for them by hand.
//!
//! | file | what it does |
//! |---|---|
//! | [`width`] | compiles a kernel for every width of vectors, and chooses among them at run time |
//! | `vector` | shuffles between vectors, which compilers do not make of plain loops |
//! | `find_first` | the search loop with an early exit that compilers can vectorise |

mod find_first;
#[cfg(target_arch = "x86_64")]
mod vector;
pub mod width;

pub(crate) use find_first::find_first;
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::Vector;
pub(crate) use width::{Kernel, Width, run};
