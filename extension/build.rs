//! What the module's build must know: the interpreter's version.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // cfg(Py_3_13), cfg(Py_GIL_DISABLED) and the like.
    pyo3_build_config::use_pyo3_cfgs();
    // Without this `cargo test` may run another libpython than the one it was built for.
    pyo3_build_config::add_libpython_rpath_link_args();
}
