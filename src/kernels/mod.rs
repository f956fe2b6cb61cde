//! Work on many elements at once: moving, converting, comparing and searching them.
//!
//! A kernel takes views and goes over them in straight lines. What only moves bytes depends on the
//! element's size, not on its type; what looks at values goes by the class, size and byte order of
//! the type. Each fast path has the plain loop beside it that it must agree with.
//!
//! | file | what it does |
//! |---|---|
//! | [`copy`] | gathers, assigns and fills, by the two below |
//! | `line`, `transpose` | copies lines of any steps, and matrices whose steps are crosswise |
//! | `swap` | turns bytes around |
//! | [`compare`], `common` | says whether two views are equal, as a type that holds both |
//! | [`convert`] | makes other numbers of them, by C's rules |
//! | [`search`], `pattern`, `bytes` | finds and counts a value, by the bits that its elements have |
//! | `record` | stores and turns around elements of several parts |
//! | [`hex`] | writes hexadecimal digits |
//! | [`pieces`] | divides views for long work |
//! | `block`, `widen` | take lines in blocks of one type, to be compared or searched |
//! | `chunks` | looks for the first of many elements |
//! | `ahead` | asks for memory ahead of its turn |
//! | `encoding` | how bytes are a value |
//! | `loops` | puts the dimensions of views into the order that suits the memory |
//! | [`width`] | compiles a kernel for each width of vectors, and chooses at run time |
//! | `lanes` | shuffles of vectors, where the compiler makes none by itself |

mod ahead;
mod block;
mod bytes;
mod chunks;
mod common;
pub mod compare;
pub mod convert;
pub mod copy;
mod encoding;
pub mod hex;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod line;
mod loops;
mod pattern;
pub mod pieces;
pub mod record;
pub mod search;
mod swap;
mod transpose;
mod widen;
pub mod width;

pub(crate) use encoding::Encoding;
