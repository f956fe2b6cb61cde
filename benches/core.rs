//! What the core takes for its main jobs: reading formats, making arrays, walking and moving
//! elements. Kernels stand beside the machine's own limit at as many bytes, in the second cache and
//! beyond it: moves beside `memcpy`, comparisons beside `memcmp`, searches beside a plain read.
//! `cargo bench --bench core`, or with a part of a name for some of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unsafe_code)]

use std::cell::Cell;
use std::ffi::CStr;
use std::hint::black_box;
use std::time::Duration;

use consumer::element::{Opaque, Scalar, Swapped};
use consumer::form::judge;
use consumer::kernels::{compare, copy, hex, search};
use consumer::{AnyArray, Format, FormatString, Key, Layout, Order, View};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Elements of the walks: 512 KiB of doubles, which stay in the second-level cache.
const COUNT: usize = 1 << 16;

/// A view of the elements of a layout that lie in `memory`, the first of them at its start.
fn view<T: Scalar>(memory: &[Cell<f64>], layout: Layout) -> View<'_, T> {
    let reach = layout.extent();
    assert!(reach.start >= 0 && reach.end as usize <= size_of_val(memory));
    // SAFETY: the elements lie within the cells, which each bench keeps until its end.
    unsafe { View::new(start_of(memory), layout, false, ()) }
}

fn start_of(memory: &[Cell<f64>]) -> *mut u8 {
    memory.as_ptr().cast_mut().cast()
}

/// Doubles that are all different, none of them zero.
fn numbers(count: usize) -> Vec<f64> {
    (1..=count).map(|number| number as f64).collect()
}

/// The same, for several views to look at and store into.
fn cells(count: usize) -> Vec<Cell<f64>> {
    numbers(count).into_iter().map(Cell::new).collect()
}

fn line(count: usize, step: usize, size: usize) -> Layout {
    Layout::new(&[count], Some(&[(step * size) as isize]), None, size).unwrap()
}

fn format(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    let record = "T{<i:id:d:weight:(3,3)f:m:T{H:a:H:b:}:pair:16s:name:}";
    let long = format!("T{{{}}}", "=i:some_name:".repeat(50));
    for (name, format) in [("d", "d"), ("<d", "<d"), ("record", record), ("50 fields", &long)] {
        group.bench_function(name, |b| b.iter(|| Format::parse(black_box(format.as_bytes()))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("judge");
    for (format, itemsize) in [("d", 8), ("<d", 8), (">Zd", 16)] {
        group.bench_function(format, |b| {
            b.iter(|| judge(black_box(format.as_bytes()), black_box(itemsize)));
        });
    }
    group.finish();
}

fn array(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("AnyArray");
    let memory = cells(24);
    let start = start_of(&memory);
    for (name, format, shape) in
        [("new d", c"d", &[24][..]), ("new >d", c">d", &[24]), ("new d 3-D", c"d", &[2, 3, 4])]
    {
        group.bench_function(name, |b| {
            b.iter(|| {
                let layout = Layout::contiguous(black_box(shape), 8).unwrap();
                // SAFETY: the memory holds 24 doubles, and outlives the array.
                unsafe { AnyArray::new(start, layout, FormatString::from(format), true, None) }
            });
        });
    }
    let layout = Layout::contiguous(&[4, 6], 8).unwrap();
    // SAFETY: as above.
    let array = unsafe { AnyArray::new(start, layout, c"d".into(), true, None) };
    let slice = Key::Slice { start: 1, stop: -1, step: 1 };
    group.bench_function("select slice", |b| b.iter(|| array.select(black_box(&[slice]))));
    group.bench_function("select row", |b| b.iter(|| array.select(black_box(&[Key::Index(1)]))));
    group.bench_function("transpose", |b| b.iter(|| array.transpose(black_box(&[1, 0]))));
    let AnyArray::F64(typed) = &array else { panic!("d is a double") };
    group.bench_function("get 2-D", |b| b.iter(|| typed.get(black_box(&[1, 2]))));
    group.finish();
}

fn walk(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sum of iter, f64");
    let memory = cells(2 * COUNT);
    group.throughput(Throughput::Elements(COUNT as u64));
    let square = || Layout::contiguous(&[256, COUNT / 256], 8).unwrap();
    let layouts = [
        ("contiguous", line(COUNT, 1, 8)),
        ("strided", line(COUNT, 2, 8)),
        ("2-D transposed", square().transpose(&[1, 0]).unwrap()),
    ];
    for (name, layout) in layouts {
        let native = view::<f64>(&memory, layout.clone());
        group.bench_function(format!("{name}, native"), |b| b.iter(|| native.iter().sum::<f64>()));
        let swapped = view::<Swapped<f64>>(&memory, layout);
        group
            .bench_function(format!("{name}, swapped"), |b| b.iter(|| swapped.iter().sum::<f64>()));
    }
    let slice = numbers(COUNT);
    group.bench_function("a slice", |b| b.iter(|| black_box(&slice).iter().sum::<f64>()));
    group.finish();
}

/// What kernels are measured at, in bytes of the elements: in the second cache, and beyond it.
const SIZES: [usize; 2] = [1 << 18, 1 << 25];

/// A kernel next to the machine's own limit at as many bytes: the name ends in the bytes.
fn named(name: &str, bytes: usize) -> BenchmarkId {
    BenchmarkId::new(name, format!("{} KiB", bytes >> 10))
}

/// Some error: the descriptor of elements that are only moved.
fn not_read() -> consumer::Error {
    Format::parse(b"no format").unwrap_err()
}

fn opaque(start: *mut u8, layout: Layout) -> View<'static, Opaque> {
    // SAFETY: the caller's memory has room for the layout, and outlives the view.
    unsafe { View::new(start, layout, false, not_read()) }
}

fn gather(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gather");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(bytes as u64));
        let memory = cells(bytes / 2);
        let start = start_of(&memory);
        let mut target = vec![0_u8; bytes];
        let source = vec![1_u8; bytes];
        group.bench_function(named("memcpy", bytes), |b| {
            b.iter(|| black_box(&mut target).copy_from_slice(black_box(&source)));
        });
        let mut kind = |name: &str, start: *mut u8, layout: Layout| {
            let view = opaque(start, layout);
            group.bench_function(named(name, bytes), |b| {
                b.iter(|| copy::to_slice(&view, Order::C, black_box(&mut target)).unwrap());
            });
        };
        kind("contiguous", start, line(bytes, 1, 1));
        let ones = Layout::contiguous(&[1, bytes / 64, 1, 8, 8, 1], 1).unwrap();
        kind("contiguous, 6-D", start, ones);
        for size in [1, 2, 4, 8, 16] {
            let count = bytes / size;
            kind(&format!("{size} B [::2]"), start, line(count, 2, size));
            kind(&format!("{size} B [::3]"), start, line(count, 3, size));
            let back = Layout::new(&[count], Some(&[-(size as isize)]), None, size).unwrap();
            kind(&format!("{size} B [::-1]"), start.wrapping_add(bytes - size), back);
            let rows = 1 << (count.ilog2() / 2);
            let matrix = Layout::contiguous(&[rows, count / rows], size).unwrap();
            kind(&format!("{size} B transpose"), start, matrix.transpose(&[1, 0]).unwrap());
            let image = Layout::contiguous(&[count / 4, 4], size).unwrap();
            kind(&format!("{size} B (n, 4) transpose"), start, image.transpose(&[1, 0]).unwrap());
        }
        macro_rules! swapped {
            ($($type:ty)*) => {
                $(
                    let taken = view::<Swapped<$type>>(&memory, line(bytes / <$type>::SIZE, 1, <$type>::SIZE));
                    let name = format!("{} B swapped, to fresh memory", <$type>::SIZE);
                    group.bench_function(named(&name, bytes), |b| b.iter(|| copy::to_native(&taken)));
                )*
            };
        }
        swapped!(u16 u32 u64);
        let view = opaque(start, line(bytes, 1, 1));
        group.bench_function(named("to fresh memory", bytes), |b| {
            b.iter(|| copy::to_memory(&view, Order::C));
        });
    }
    group.finish();
}

fn assign(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assign");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(bytes as u64));
        let (to, from) = (cells(bytes / 4), cells(bytes / 4));
        let (to, from) = (start_of(&to), start_of(&from));
        for size in [1, 4, 8] {
            let count = bytes / size;
            let cases = [
                ("contiguous", line(count, 1, size), line(count, 1, size)),
                ("to [::2]", line(count, 2, size), line(count, 1, size)),
                ("[::2] to [::2]", line(count, 2, size), line(count, 2, size)),
            ];
            for (name, left, right) in cases {
                let (left, right) = (opaque(to, left), opaque(from, right));
                group.bench_function(named(&format!("{size} B {name}"), bytes), |b| {
                    b.iter(|| copy::assign(black_box(&left), &right).unwrap());
                });
            }
            for (name, step) in [("fill", 1), ("fill [::2]", 2)] {
                let (left, element) = (opaque(to, line(count, step, size)), vec![7; size]);
                group.bench_function(named(&format!("{size} B {name}"), bytes), |b| {
                    b.iter(|| copy::fill(black_box(&left), &element));
                });
            }
        }
    }
    group.finish();
}

/// The machine's limit for reads: as little as can be done with each word.
fn read(words: &[u64]) -> u64 {
    words.iter().fold(0, |all, word| all | word)
}

fn equal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("equal");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(2 * bytes as u64));
        let (one, other) = (cells(bytes / 4), cells(bytes / 4));
        let (left, right) = (vec![1_u64; bytes / 8], vec![1_u64; bytes / 8]);
        group.bench_function(named("memcmp", bytes), |b| {
            b.iter(|| black_box(&left) == black_box(&right));
        });
        macro_rules! views {
            ($($name:literal, $type:ty, $step:expr;)*) => {
                $(
                    let layout = line(bytes / <$type>::SIZE, $step, <$type>::SIZE);
                    let left = view::<$type>(&one, layout.clone());
                    let right = view::<$type>(&other, layout);
                    group.bench_function(named($name, bytes), |b| {
                        b.iter(|| compare::equal(black_box(&left), &right));
                    });
                )*
            };
        }
        views! {
            "u64", u64, 1;
            "f64", f64, 1;
            "f32 of any bits", f32, 1;
            "f64 swapped", Swapped<f64>, 1;
            "u64 [::2]", u64, 2;
            "f64 [::2]", f64, 2;
        }
        let zeros = vec![0; 2 * bytes];
        let pairs = [
            (c"i", c"d"),
            (c"q", c"d"),
            (c"Q", c"d"),
            (c"f", c"d"),
            (c"B", c"q"),
            (c"B", c"b"),
            (c"i", c"I"),
            (c"d", c">d"),
            (c"e", c"f"),
            (c"d", c"Zd"),
            (c"?", c"B"),
        ];
        for (left, right) in pairs {
            let size =
                |format: &CStr| Format::parse(format.to_bytes()).unwrap().measure().unwrap().size;
            let count = bytes / size(left).max(size(right));
            let array = |format: &CStr| {
                AnyArray::from_bytes(&zeros[..count * size(format)], format, &[count]).unwrap()
            };
            group.throughput(Throughput::Bytes((count * (size(left) + size(right))) as u64));
            let name = format!("{} and {}", left.to_str().unwrap(), right.to_str().unwrap());
            let (left, right) = (array(left), array(right));
            group.bench_function(named(&name, bytes), |b| {
                b.iter(|| black_box(&left).equals(&right));
            });
        }
    }
    group.finish();
}

fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("search");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(bytes as u64));
        let memory: Vec<Cell<f64>> = vec![Cell::new(0.0); bytes / 4];
        let words = vec![1_u64; bytes / 8];
        group.bench_function(named("read", bytes), |b| b.iter(|| read(black_box(&words))));
        macro_rules! views {
            ($($name:literal, $type:ty, $value:expr, $step:expr;)*) => {
                $(
                    let taken = view::<$type>(&memory, line(bytes / <$type>::SIZE, $step, <$type>::SIZE));
                    group.bench_function(named(concat!("find ", $name), bytes), |b| {
                        b.iter(|| search::find(black_box(&taken), $value));
                    });
                    group.bench_function(named(concat!("count ", $name), bytes), |b| {
                        b.iter(|| search::count(black_box(&taken), $value));
                    });
                )*
            };
        }
        views! {
            "bool", bool, true, 1;
            "u8", u8, 1, 1;
            "u16", u16, 1, 1;
            "i32", i32, 1, 1;
            "u64", u64, 1, 1;
            "f32", f32, 1.0, 1;
            "f64", f64, 1.0, 1;
            "f64 swapped", Swapped<f64>, 1.0, 1;
            "u8 [::2]", u8, 1, 2;
            "f64 [::2]", f64, 1.0, 2;
        }
    }
    group.finish();
}

fn digits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hex");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(bytes as u64));
        let (source, mut target) = (vec![0xa5; bytes], vec![0; 2 * bytes]);
        group.bench_function(named("encode", bytes), |b| {
            b.iter(|| hex::encode(black_box(&source), &mut target));
        });
    }
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
}

criterion_group! {
    name = benches;
    config = quick();
    targets = format, array, walk, gather, assign, equal, search, digits
}
criterion_main!(benches);
