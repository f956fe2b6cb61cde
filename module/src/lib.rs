//! The Python module `consumer`: all that knows the class `ConsumerArray`.
//!
//! gil, lock, reserve ← values ← arguments, transfer ← object ← methods, interchange ← slots ←
//! module

#![allow(unsafe_code)]

mod arguments;
mod gil;
mod interchange;
mod lock;
mod methods;
mod module;
mod object;
mod reserve;
mod slots;
mod transfer;
mod values;
