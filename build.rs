//! What the build must know before it compiles: which format C's `long double` has on the target
//! and, with the feature `pyo3`, the version of the interpreter and where its library lies.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    long_double();
    #[cfg(feature = "pyo3")]
    {
        // cfg(Py_3_13), cfg(Py_GIL_DISABLED) and the like.
        pyo3_build_config::use_pyo3_cfgs();
        // Without this `cargo test` may run another libpython than the one it was built for.
        pyo3_build_config::add_libpython_rpath_link_args();
    }
}

/// Tells `cfg(long_double = …)`: the ABIs agree on one of three formats.
fn long_double() {
    println!("cargo::rustc-check-cfg=cfg(long_double, values(\"x87\", \"binary128\", \"double\"))");
    let var = |name| env::var(name).unwrap_or_default();
    let (arch, os) = (var("CARGO_CFG_TARGET_ARCH"), var("CARGO_CFG_TARGET_OS"));
    let vendor = var("CARGO_CFG_TARGET_VENDOR");
    let format = match arch.as_str() {
        "x86" | "x86_64" if os != "windows" => "x87",
        "aarch64" | "riscv64" | "loongarch64" if os != "windows" && vendor != "apple" => {
            "binary128"
        }
        _ => "double",
    };
    println!("cargo::rustc-cfg=long_double=\"{format}\"");
}
