//! What the core takes for its main jobs: reading formats, making arrays, walking and moving
//! elements. Moves stand beside a plain `memcpy` of as many bytes, comparisons beside those of
//! slices: `cargo bench --bench core`, or with a part of a name for some of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unsafe_code)]

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

use consumer::dtype::judge;
use consumer::element::{Opaque, Scalar, Swapped};
use consumer::kernels::{compare, copy, search};
use consumer::{AnyArray, Format, FormatString, Key, Layout, Order, View};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Elements of the walks: 512 KiB of doubles, which stay in the second-level cache.
const COUNT: usize = 1 << 16;

/// A view of the elements of a layout that lie in `memory`, the first of them at its start.
fn view<T: Scalar>(memory: &[Cell<f64>], layout: Layout) -> View<T> {
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

fn gather(criterion: &mut Criterion) {
    const BYTES: usize = 1 << 18;
    let mut group = criterion.benchmark_group("gather");
    let memory = cells(BYTES / 4);
    let mut target = vec![0_u8; BYTES];
    group.throughput(Throughput::Bytes(BYTES as u64));
    let start = start_of(&memory);
    let mut kind = |name: &str, size: usize, layout: Layout| {
        // SAFETY: the layouts cover at most twice as many bytes as are copied.
        let view = unsafe { View::<Opaque>::new(start, layout, true, not_read()) };
        group.bench_function(BenchmarkId::new(name, format!("{size} B")), |b| {
            b.iter(|| copy::to_slice(&view, Order::C, black_box(&mut target)).unwrap());
        });
    };
    kind("contiguous", 8, line(BYTES / 8, 1, 8));
    for size in [1, 2, 4, 8, 16, 12] {
        let count = BYTES / size;
        if count * size == BYTES {
            kind("[::2]", size, line(count, 2, size));
            let square = Layout::contiguous(&[256, count / 256], size).unwrap();
            kind("transpose", size, square.transpose(&[1, 0]).unwrap());
        }
    }
    let source = vec![1_u8; BYTES];
    group.bench_function("memcpy", |b| {
        b.iter(|| black_box(&mut target).copy_from_slice(black_box(&source)));
    });
    group.finish();
}

/// Some error: the descriptor of elements that are only moved.
fn not_read() -> consumer::Error {
    Format::parse(b"no format").unwrap_err()
}

fn assign(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assign, f64");
    group.throughput(Throughput::Bytes(8 * COUNT as u64));
    let (to, from) = (cells(2 * COUNT), cells(2 * COUNT));
    let cases = [
        ("contiguous", line(COUNT, 1, 8), line(COUNT, 1, 8)),
        ("to [::2]", line(COUNT, 2, 8), line(COUNT, 1, 8)),
        ("from [::2]", line(COUNT, 1, 8), line(COUNT, 2, 8)),
        ("[::2] to [::2]", line(COUNT, 2, 8), line(COUNT, 2, 8)),
    ];
    for (name, left, right) in cases {
        let (left, right) = (view::<f64>(&to, left), view::<f64>(&from, right));
        group.bench_function(name, |b| b.iter(|| copy::assign(black_box(&left), &right).unwrap()));
    }
    let left = view::<f64>(&to, line(COUNT, 2, 8));
    let element = 1.5_f64.to_ne_bytes();
    group.bench_function("fill [::2]", |b| b.iter(|| copy::fill(black_box(&left), &element)));
    // Half of it is the other's memory: it goes through a copy.
    let half = COUNT / 2;
    let left = view::<f64>(&to, line(half, 2, 8));
    let right = view::<f64>(&to, line(half, 1, 8));
    group.throughput(Throughput::Bytes(8 * half as u64));
    group.bench_function("overlapping", |b| b.iter(|| copy::assign(black_box(&left), &right)));
    group.finish();
}

fn equal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("equal");
    group.throughput(Throughput::Bytes(8 * COUNT as u64));
    let (one, other) = (cells(2 * COUNT), cells(2 * COUNT));
    let (left, right) = (numbers(COUNT), numbers(COUNT));
    group.bench_function("slices of f64", |b| b.iter(|| black_box(&left) == black_box(&right)));
    let whole = |numbers: &[f64]| numbers.iter().map(|&n| n.to_bits()).collect::<Vec<u64>>();
    let (left, right) = (whole(&left), whole(&right));
    group.bench_function("slices of u64", |b| b.iter(|| black_box(&left) == black_box(&right)));
    macro_rules! views {
        ($name:literal, $type:ty, $step:expr) => {
            let left = view::<$type>(&one, line(COUNT, $step, 8));
            let right = view::<$type>(&other, line(COUNT, $step, 8));
            group.bench_function($name, |b| b.iter(|| compare::equal(black_box(&left), &right)));
        };
    }
    views!("u64", u64, 1);
    views!("f64", f64, 1);
    views!("f64 swapped", Swapped<f64>, 1);
    views!("u64 [::2]", u64, 2);
    views!("f64 [::2]", f64, 2);

    let bytes = |to: fn(&u64) -> [u8; 8]| left.iter().flat_map(to).collect::<Vec<u8>>();
    let (native, big) = (bytes(|n| n.to_ne_bytes()), bytes(|n| n.to_be_bytes()));
    let array = |format, bytes: &[u8]| AnyArray::from_bytes(bytes, format, &[COUNT]).unwrap();
    let (native, big) = (array(c"d", &native), array(c">d", &big));
    group.bench_function("d and >d", |b| b.iter(|| black_box(&native).equals(&big)));
    group.finish();
}

fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("search");
    let memory = cells(2 * COUNT);
    group.throughput(Throughput::Bytes(8 * COUNT as u64));
    let doubles = view::<f64>(&memory, line(COUNT, 1, 8));
    group.bench_function("find f64", |b| b.iter(|| search::find(black_box(&doubles), -1.0)));
    group.bench_function("count f64", |b| b.iter(|| search::count(black_box(&doubles), 2.0)));
    let strided = view::<f64>(&memory, line(COUNT, 2, 8));
    group.bench_function("find f64 [::2]", |b| b.iter(|| search::find(black_box(&strided), -1.0)));
    let swapped = view::<Swapped<f64>>(&memory, line(COUNT, 1, 8));
    group
        .bench_function("find f64 swapped", |b| b.iter(|| search::find(black_box(&swapped), -1.0)));
    let words = view::<i32>(&memory, line(2 * COUNT, 1, 4));
    group.bench_function("find i32", |b| b.iter(|| search::find(black_box(&words), -1)));
    group.bench_function("count i32", |b| b.iter(|| search::count(black_box(&words), 0)));
    let memory: Vec<Cell<f64>> = vec![Cell::new(0.0); COUNT];
    let bytes = view::<u8>(&memory, line(8 * COUNT, 1, 1));
    group.bench_function("find u8", |b| b.iter(|| search::find(black_box(&bytes), 0xfd)));
    group.bench_function("count u8", |b| b.iter(|| search::count(black_box(&bytes), 0)));
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
    targets = format, array, walk, gather, assign, equal, search
}
criterion_main!(benches);
