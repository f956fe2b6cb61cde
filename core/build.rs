//! What the build must know before it compiles: which format C's `long double` has on the target.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    long_double();
}

/// Tells `cfg(long_double = …)` and, where that is no `double`, `cfg(long_double_align = …)`.
fn long_double() {
    println!("cargo::rustc-check-cfg=cfg(long_double, values(\"x87\", \"binary128\", \"double\"))");
    println!("cargo::rustc-check-cfg=cfg(long_double_align, values(\"4\", \"8\", \"16\"))");
    let (format, align) = long_double_of(&Target::get()).unwrap_or_else(|| {
        println!(
            "cargo::warning=which format C's `long double` has on {} is not known to the build \
             script of consumer, which takes it for a `double`: long doubles (format 'g') of any \
             other size than 8 bytes are refused, and all else works",
            env::var("TARGET").unwrap_or_default()
        );
        DOUBLE
    });
    println!("cargo::rustc-cfg=long_double=\"{format}\"");
    if let Some(align) = align {
        println!("cargo::rustc-cfg=long_double_align=\"{align}\"");
    }
}

/// What tells the ABI of a target.
struct Target {
    arch: String,
    os: String,
    vendor: String,
    env: String,
}

impl Target {
    fn get() -> Self {
        let of = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
        Self { arch: of("ARCH"), os: of("OS"), vendor: of("VENDOR"), env: of("ENV") }
    }
}

/// A format, and the alignment in bytes unless it is that of a `double`.
type LongDouble = (&'static str, Option<u8>);

const DOUBLE: LongDouble = ("double", None);
const QUAD: LongDouble = ("binary128", Some(16));

/// Returns what the ABI of a target says of `long double`, if that is known.
///
/// Where it is a pair of doubles, as by default on PowerPC with glibc, or the format of the 68881,
/// nothing here reads it.
fn long_double_of(target: &Target) -> Option<LongDouble> {
    let is_bsd = matches!(target.os.as_str(), "freebsd" | "openbsd");
    match (target.arch.as_str(), target.os.as_str()) {
        // Visual C++, which Python is built with.
        (_, "windows" | "uefi") => Some(DOUBLE),
        ("x86", "android") => Some(DOUBLE),
        ("x86_64", "android") => Some(QUAD),
        ("x86", _) if target.vendor != "apple" => Some(("x87", Some(4))),
        ("x86" | "x86_64", _) => Some(("x87", Some(16))),
        ("aarch64", _) if target.vendor == "apple" => Some(DOUBLE),
        ("s390x", _) | ("wasm32" | "wasm64", "emscripten") => Some(("binary128", Some(8))),
        ("aarch64" | "riscv32" | "riscv64" | "loongarch32" | "loongarch64", _)
        | ("sparc64" | "wasm32" | "wasm64", _)
        | ("mips64" | "mips64r6", "linux") => Some(QUAD),
        ("arm" | "mips" | "mips32r6", _) => Some(DOUBLE),
        ("powerpc" | "powerpc64", _) if target.env == "musl" || is_bsd => Some(DOUBLE),
        _ => None,
    }
}
