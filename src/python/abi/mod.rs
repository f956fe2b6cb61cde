//! The structs of C by which other protocols than the buffer's hand memory over, in or out: what
//! `dlpack.h` and the specification of Arrow's C data interface lay down. Both are frozen.

pub mod arrow;
pub mod dlpack;
