//! Copying where the target's adjacent elements lie far apart in the source, and the source's far
//! apart in the target: block by block, so that of each line of the cache all is used while it is
//! there.

#![allow(unsafe_code)]

use super::line;
use super::line::Lines;
use super::swap;
#[cfg(target_arch = "x86_64")]
use super::width::{Kernel, Width, run};

/// The elements of a matrix to be copied. Of two numbers the first is the target's, the second the
/// source's; steps are in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    pub(super) starts: [*mut u8; 2],
    /// Elements along which the target's steps are the shorter ones.
    pub(super) columns: usize,
    pub(super) column: [isize; 2],
    /// Elements along which the source's steps are the shorter ones.
    pub(super) rows: usize,
    pub(super) row: [isize; 2],
}

/// Columns of a block: the pages that they lie in stay known to the processor.
const COLUMNS: usize = 256;
/// Bytes of a block along the rows: two lines of the cache, which processors fetch in pairs.
const ROW_BYTES: usize = 128;
/// A side that has fewer elements is no side of a block: lines are copied along the other.
pub(super) const NARROW: usize = 8;
/// Elements of a line that is copied while another one waits for its part of the same memory.
const LINE: usize = 1024;

impl Matrix {
    /// A part of the matrix.
    fn part(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Self {
        let at = |view: usize| {
            let down = self.row[view].wrapping_mul(rows.start as isize);
            let across = self.column[view].wrapping_mul(columns.start as isize);
            self.starts[view].wrapping_offset(down).wrapping_offset(across)
        };
        Self { starts: [at(0), at(1)], rows: rows.len(), columns: columns.len(), ..*self }
    }

    /// The matrix as lines along its columns.
    fn lines(&self) -> Lines {
        Lines {
            starts: self.starts,
            strides: self.column,
            length: self.columns,
            apart: self.row,
            lines: self.rows,
        }
    }

    /// The matrix as lines along its rows.
    fn lines_along_rows(&self) -> Lines {
        Lines {
            starts: self.starts,
            strides: self.row,
            length: self.rows,
            apart: self.column,
            lines: self.columns,
        }
    }
}

/// Copies a matrix, and turns each `part` of the bytes around; not for a `part` of 1.
///
/// # Safety
/// As for [`line::copy`]; where there is a part, the target's columns are adjacent.
pub(super) unsafe fn copy(matrix: Matrix, itemsize: usize, part: usize) {
    let (narrow, flat) = (matrix.rows < NARROW, matrix.columns < NARROW);
    let (height, width) = match (narrow, flat) {
        (true, _) => (matrix.rows, LINE),
        (_, true) => (LINE, matrix.columns),
        _ => ((ROW_BYTES / itemsize).max(NARROW), COLUMNS),
    };
    for left in (0..matrix.columns).step_by(width) {
        for top in (0..matrix.rows).step_by(height) {
            let (right, bottom) = (matrix.columns.min(left + width), matrix.rows.min(top + height));
            let block = matrix.part(top..bottom, left..right);
            // SAFETY: the block is a part of the matrix.
            unsafe {
                if narrow {
                    line::copy(block.lines(), itemsize);
                } else if flat {
                    line::copy(block.lines_along_rows(), itemsize);
                } else {
                    copy_block(block, itemsize);
                }
                if part > 1 {
                    for row in 0..block.rows {
                        let start = block.part(row..row + 1, 0..block.columns).starts[0];
                        swap::in_place(start, block.columns * itemsize, part);
                    }
                }
            }
        }
    }
}

/// Copies a block: tiles of it in vectors, and what they leave over element by element.
///
/// # Safety
/// As for [`line::copy`].
unsafe fn copy_block(block: Matrix, itemsize: usize) {
    #[cfg(target_arch = "x86_64")]
    if block.column[0] == itemsize as isize && block.row[1] == itemsize as isize {
        // SAFETY: as the caller says; the elements are adjacent as a tile needs it.
        let (rows, columns) = unsafe {
            match itemsize {
                1 => run(Tiles::<1, 16>(block)),
                2 => run(Tiles::<2, 8>(block)),
                4 => run(Tiles::<4, 4>(block)),
                8 => run(Tiles::<8, 2>(block)),
                _ => (0, 0),
            }
        };
        // SAFETY: both are parts of the block.
        unsafe {
            line::copy(block.part(0..rows, columns..block.columns).lines_along_rows(), itemsize);
            line::copy(block.part(rows..block.rows, 0..block.columns).lines(), itemsize);
        }
        return;
    }
    // SAFETY: as the caller says.
    unsafe { line::copy(block.lines(), itemsize) };
}

/// A block whose columns are adjacent in the target and whose rows are in the source, of elements
/// of `SIZE` bytes, of which `SIDE` make 16. Copies tiles as high as a lane is long and as wide as
/// all lanes of a vector together; returns the rows and columns that whole tiles cover.
#[cfg(target_arch = "x86_64")]
struct Tiles<const SIZE: usize, const SIDE: usize>(Matrix);

#[cfg(target_arch = "x86_64")]
impl<const SIZE: usize, const SIDE: usize> Kernel for Tiles<SIZE, SIDE> {
    type Output = (usize, usize);
    // Wider ones would not help: shuffles are what it takes, and they are as fast in these.
    const WIDEST: Width = Width::Avx2;

    #[inline(always)]
    unsafe fn run<const BYTES: usize>(self) -> (usize, usize) {
        use std::arch::x86_64::{__m128i, __m256i};
        // SAFETY: as the caller says.
        unsafe { if BYTES > 16 { self.copy::<__m256i>() } else { self.copy::<__m128i>() } }
    }
}

#[cfg(target_arch = "x86_64")]
impl<const SIZE: usize, const SIDE: usize> Tiles<SIZE, SIDE> {
    /// # Safety
    /// The elements of the block are valid for it, and the processor has these vectors.
    #[inline(always)]
    unsafe fn copy<V: super::lanes::Lanes>(self) -> (usize, usize) {
        let Matrix { starts: [target, source], rows, columns, .. } = self.0;
        let ([down, _], [_, across]) = (self.0.row, self.0.column);
        let width = SIDE * V::COUNT;
        let (whole_rows, whole_columns) = (rows - rows % SIDE, columns - columns % width);
        for left in (0..whole_columns).step_by(width) {
            for top in (0..whole_rows).step_by(SIDE) {
                // SAFETY: the tile lies within the block: SIDE elements of 16 bytes together along
                // its rows in the source, and as many as a vector holds along its columns.
                unsafe {
                    let from = source.add(top * SIZE).wrapping_offset(across * left as isize);
                    let to = target.add(left * SIZE).wrapping_offset(down * top as isize);
                    let lanes_apart = across * SIDE as isize;
                    let mut tile = [V::load(from, lanes_apart); SIDE];
                    for (column, vector) in tile.iter_mut().enumerate().skip(1) {
                        let lane = from.wrapping_offset(across * column as isize);
                        *vector = V::load(lane, lanes_apart);
                    }
                    // Each round doubles how many elements of one row stand together.
                    let mut together = 1;
                    while together < SIDE {
                        let before = tile;
                        for index in 0..SIDE / 2 {
                            let pair = before[index].interleave::<SIZE>(before[index + SIDE / 2]);
                            [tile[2 * index], tile[2 * index + 1]] = pair;
                        }
                        together *= 2;
                    }
                    for (row, vector) in tile.into_iter().enumerate() {
                        vector.store(to.wrapping_offset(down * row as isize));
                    }
                }
            }
        }
        (whole_rows, whole_columns)
    }
}
