//! The inputs that the fuzz targets in fuzz/ found to be worth keeping, replayed. `make fuzz-core`
//! looks for more; an input that fails joins them with its fix. The smallest set with the same
//! coverage as what was found is made by
//! `cargo +nightly fuzz run TARGET EMPTY target/corpus/TARGET fuzz/corpus/TARGET --
//! -set_cover_merge=1 -use_counters=0` in the directory EMPTY.

mod format;
mod layout;

/// Runs a check on each file of a target's corpus.
fn replay(target: &str, check: fn(&[u8])) {
    let directory = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let Ok(files) = std::fs::read_dir(directory) else {
        println!("skipped: a packaged source comes without the corpus");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        // Shown where the check fails.
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
    }
}

#[test]
fn formats_of_the_corpus() {
    replay("format", format::check);
}

#[test]
fn layouts_of_the_corpus() {
    replay("layout", layout::check);
}
