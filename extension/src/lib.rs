//! The Python module `consumer` as a shared library. All of it is in `consumer_python`, from where
//! the function is exported that Python looks for.

// Nothing here names the crate, which has to be linked all the same.
#[allow(unused_extern_crates)]
extern crate consumer_python;
