//! What the module's build must know: the interpreter's version, and where the files of the stub go.

use std::{env, fs, path::Path};

const STUB: &str = "../stubs/consumer.pyi";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={STUB}");
    // cfg(Py_3_13), cfg(Py_GIL_DISABLED) and the like.
    pyo3_build_config::use_pyo3_cfgs();
    // Without this `cargo test` may run another libpython than the one it was built for.
    pyo3_build_config::add_libpython_rpath_link_args();
    stub();
}

/// Lays the stub and the marker of PEP 561 where pyproject.toml picks them up for the wheel.
fn stub() {
    let Some(out) = env::var_os("OUT_DIR") else { return };
    let out = Path::new(&out);
    let copied =
        fs::copy(STUB, out.join("__init__.pyi")).and_then(|_| fs::write(out.join("py.typed"), ""));
    if let Err(error) = copied {
        println!("cargo::error=cannot copy {STUB} for the wheel: {error}");
    }
}
