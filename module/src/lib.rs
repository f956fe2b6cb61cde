//! The Python module `consumer`: all that knows the class `ConsumerArray`.
//!
//! free_list, gil, lock, reserve ← values ← arguments, transfer ← object ← methods, interchange ←
//! slots ← module

#![allow(unsafe_code)]

mod arguments;
mod free_list;
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
