//! Transposing: copying a matrix whose target is contiguous along other axes than its source.
//!
//! Whatever the direction, one side has long strides, so that each access is to another cache line,
//! the rest of which is used much later. So the matrix is copied in blocks: along the source's rows
//! a block has only a few whole cache lines of the source, and it has so few columns that these
//! lines, and the pages that they lie in, stay in the caches until all of the block is copied.
//!
//! Within a block whose elements are contiguous on both sides, tiles of 16 bytes in a square are
//! loaded, transposed in registers and stored: log2(n) rounds, in each of which the vectors of one
//! half of the tile are interleaved with those of the other half, transpose n × n elements. What
//! the tiles leave over at the right and at the bottom is copied as runs, as are blocks of other
//! strides and sizes. A matrix with few rows or few columns gets no tiles: it is copied as runs
//! along its longer side.

#![allow(unsafe_code)]

use super::strided::copy_strided;
use super::swap::swap_in_place;
use crate::kernels::runs::Runs;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::{Kernel, Vector, Width, run};
use crate::view::Axis;
use std::ops::Range;

/// A matrix to be copied; the first view is the target, the second the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    pub(super) starts: [*mut u8; 2],
    /// Along the columns the target's strides are shorter.
    pub(super) column: Axis<2>,
    /// Along the rows the source's strides are shorter.
    pub(super) row: Axis<2>,
}

/// Columns of a block: the translations of their pages' addresses stay in the processor's TLB.
const BLOCK_COLUMNS: usize = 256;
/// Bytes of a block along the rows: two cache lines, which processors fetch in pairs.
const BLOCK_ROW_BYTES: usize = 128;
/// A matrix that has fewer rows or columns than this is copied as runs along the others.
pub(super) const MIN_SIDE: usize = 8;
/// Elements of such a run: its cache lines, which have elements of the other runs too, stay in the
/// cache.
const MAX_RUN: usize = 1024;

impl Matrix {
    /// Returns some rows and columns of the matrix, as a matrix of their own.
    fn sub_matrix(&self, rows: Range<usize>, columns: Range<usize>) -> Self {
        let start = |view: usize| {
            let down = self.row.strides[view].wrapping_mul(rows.start as isize);
            let across = self.column.strides[view].wrapping_mul(columns.start as isize);
            self.starts[view].wrapping_offset(down).wrapping_offset(across)
        };
        Self {
            starts: [start(0), start(1)],
            column: Axis { length: columns.len(), ..self.column },
            row: Axis { length: rows.len(), ..self.row },
        }
    }

    /// Returns the matrix as runs along its columns.
    fn runs_along_columns(&self) -> Runs {
        self.runs(self.column, self.row)
    }

    /// Returns the matrix as runs along its rows.
    fn runs_along_rows(&self) -> Runs {
        self.runs(self.row, self.column)
    }

    fn runs(&self, inner: Axis<2>, outer: Axis<2>) -> Runs {
        Runs {
            starts: self.starts,
            strides: inner.strides,
            length: inner.length,
            outer_strides: outer.strides,
            count: outer.length,
        }
    }
}

/// Copies a matrix, and reverses every `swap_unit` bytes (none for a unit of 1).
///
/// # Safety
/// The same as for [`copy_strided`]; if the unit is not 1, an element is a whole number of units,
/// and the target's columns are contiguous.
pub(super) unsafe fn copy_matrix(matrix: Matrix, itemsize: usize, swap_unit: usize) {
    let (rows, columns) = (matrix.row.length, matrix.column.length);
    let (has_few_rows, has_few_columns) = (rows < MIN_SIDE, columns < MIN_SIDE);
    let (height, width) = match (has_few_rows, has_few_columns) {
        (true, _) => (rows, MAX_RUN),
        (_, true) => (MAX_RUN, columns),
        _ => ((BLOCK_ROW_BYTES / itemsize).max(MIN_SIDE), BLOCK_COLUMNS),
    };
    for left in (0..columns).step_by(width) {
        for top in (0..rows).step_by(height) {
            let (right, bottom) = (columns.min(left + width), rows.min(top + height));
            let block = matrix.sub_matrix(top..bottom, left..right);
            // SAFETY: the block is a part of the matrix, which the caller guarantees.
            unsafe {
                if has_few_rows {
                    copy_strided(block.runs_along_columns(), itemsize);
                } else if has_few_columns {
                    copy_strided(block.runs_along_rows(), itemsize);
                } else {
                    copy_block(block, itemsize);
                }
                if swap_unit > 1 {
                    let runs = block.runs_along_columns();
                    for [target, _] in runs.iter_starts() {
                        swap_in_place(target, runs.length * itemsize, swap_unit);
                    }
                }
            }
        }
    }
}

/// Copies a block by tiles, and what they leave over as runs.
///
/// # Safety
/// The same as for [`copy_strided`].
unsafe fn copy_block(block: Matrix, itemsize: usize) {
    #[cfg(target_arch = "x86_64")]
    if block.column.strides[0] == itemsize as isize && block.row.strides[1] == itemsize as isize {
        // SAFETY: the caller guarantees the block; the elements are contiguous as tiles need it,
        // and of that size.
        let (rows, columns) = unsafe {
            match itemsize {
                1 => run(Tiles::<1, 16>(block)),
                2 => run(Tiles::<2, 8>(block)),
                4 => run(Tiles::<4, 4>(block)),
                8 => run(Tiles::<8, 2>(block)),
                _ => (0, 0),
            }
        };
        let right = block.sub_matrix(0..rows, columns..block.column.length);
        let bottom = block.sub_matrix(rows..block.row.length, 0..block.column.length);
        // SAFETY: both are parts of the block.
        unsafe {
            copy_strided(right.runs_along_rows(), itemsize);
            copy_strided(bottom.runs_along_columns(), itemsize);
        }
        return;
    }
    // SAFETY: the caller guarantees the block.
    unsafe { copy_strided(block.runs_along_columns(), itemsize) };
}

/// The tiles of a block whose columns are contiguous in the target and whose rows are in the
/// source, of elements of `SIZE` bytes, of which `SIDE` are 16 bytes. A tile is as high as a lane
/// is long and as wide as all lanes of a vector together. Returns how many rows and columns whole
/// tiles cover.
#[cfg(target_arch = "x86_64")]
struct Tiles<const SIZE: usize, const SIDE: usize>(Matrix);

#[cfg(target_arch = "x86_64")]
impl<const SIZE: usize, const SIDE: usize> Kernel for Tiles<SIZE, SIDE> {
    type Output = (usize, usize);
    // Wider vectors would not help, because the shuffles take the time.
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> (usize, usize) {
        use std::arch::x86_64::{__m128i, __m256i};
        // SAFETY: the caller guarantees the block, and the features of AVX2 if `BYTES` is 32.
        unsafe {
            if BYTES > 16 { self.copy_tiles::<__m256i>() } else { self.copy_tiles::<__m128i>() }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl<const SIZE: usize, const SIDE: usize> Tiles<SIZE, SIDE> {
    /// Copies all whole tiles. Returns how many rows and columns they cover.
    ///
    /// # Safety
    /// The elements of the block are valid, and the processor has these vectors.
    #[inline(always)]
    unsafe fn copy_tiles<V: Vector>(self) -> (usize, usize) {
        let Matrix { starts: [target, source], row, column } = self.0;
        let ([to_row, _], [_, to_column]) = (row.strides, column.strides);
        let width = SIDE * V::LANES;
        let rows = row.length - row.length % SIDE;
        let columns = column.length - column.length % width;
        for left in (0..columns).step_by(width) {
            for top in (0..rows).step_by(SIDE) {
                // SAFETY: the tile lies within the block: along its rows there are `SIDE` elements,
                // which are 16 contiguous bytes of the source, and along its columns as many as a
                // vector holds, which are contiguous in the target.
                unsafe {
                    let from = source.add(top * SIZE).wrapping_offset(to_column * left as isize);
                    let to = target.add(left * SIZE).wrapping_offset(to_row * top as isize);
                    let between_lanes = to_column * SIDE as isize;
                    let mut tile = [V::load(from, between_lanes); SIDE];
                    for (index, vector) in tile.iter_mut().enumerate().skip(1) {
                        let lane = from.wrapping_offset(to_column * index as isize);
                        *vector = V::load(lane, between_lanes);
                    }
                    // Each round doubles how many elements of one row are contiguous.
                    let mut together = 1;
                    while together < SIDE {
                        let before = tile;
                        for index in 0..SIDE / 2 {
                            let pair = before[index].interleave::<SIZE>(before[index + SIDE / 2]);
                            [tile[2 * index], tile[2 * index + 1]] = pair;
                        }
                        together *= 2;
                    }
                    for (index, vector) in tile.into_iter().enumerate() {
                        vector.store(to.wrapping_offset(to_row * index as isize));
                    }
                }
            }
        }
        (rows, columns)
    }
}
