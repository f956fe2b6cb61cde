//! What the build must know before it compiles: with the feature `pyo3`, the version of the
//! interpreter and where its library lies.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "pyo3")]
    {
        // cfg(Py_3_13), cfg(Py_GIL_DISABLED) and the like.
        pyo3_build_config::use_pyo3_cfgs();
        // Without this `cargo test` may run another libpython than the one it was built for.
        pyo3_build_config::add_libpython_rpath_link_args();
    }
}
