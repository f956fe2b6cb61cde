//! `str(v)` and `repr(v)`.
//!
//! Of each dimension only the first and the last elements are shown, and in all a limited number,
//! so that the cost does not grow with the size of the memory. One dimension is a line; of more,
//! each line of the innermost one is a line of text, with the elements in columns.

use pyo3::prelude::*;
use pyo3::types::PyString;
use smallvec::SmallVec;

use consumer::array::AnyArray;
use consumer::fallible;
use consumer::format::Kind;
use consumer::python::objects;
use consumer::python::stack;

use crate::object::PyConsumerArray;
use crate::values::format_object;
use crate::values::shown::push_element;

/// How many elements of one dimension are shown. One more is no longer than the dots in its place.
const MAX_PER_DIMENSION: usize = 10;
/// How many elements are shown in all.
const MAX_SHOWN: usize = 200;
/// How many characters a line of several dimensions has before it goes on in the next one.
const WIDTH: usize = 88;
/// How many characters of a format are shown.
const MAX_FORMAT: usize = 1000;

/// How many elements of a dimension are shown: the first and the last ones.
#[derive(Clone, Copy)]
struct Ends {
    length: usize,
    first: usize,
    last: usize,
}

impl Ends {
    /// Those of a dimension for whose elements there is room.
    fn of(length: usize, room: usize) -> Self {
        if length <= room.min(MAX_PER_DIMENSION + 1) {
            return Self { length, first: length, last: 0 };
        }
        let shown = room.clamp(1, MAX_PER_DIMENSION);
        let last = shown.div_ceil(3).min(3).min(shown - 1);
        Self { length, first: shown - last, last }
    }

    fn shown(self) -> usize {
        self.first + self.last
    }

    /// The indices that are shown, and `None` where others are left out.
    fn indices(self) -> impl Iterator<Item = Option<usize>> {
        let dots = (self.shown() < self.length).then_some(None);
        let last = self.length - self.last..self.length;
        (0..self.first).map(Some).chain(dots).chain(last.map(Some))
    }
}

/// What is shown of each dimension: the inner ones have what room there is first.
fn ends(shape: &[usize]) -> Vec<Ends> {
    let mut room = MAX_SHOWN;
    let mut ends: Vec<Ends> = shape
        .iter()
        .rev()
        .map(|&length| {
            let ends = Ends::of(length, room);
            room /= ends.shown().max(1);
            ends
        })
        .collect();
    ends.reverse();
    ends
}

/// Writes the elements of one dimension, in brackets. `array` is held.
fn write_line(py: Python<'_>, array: &AnyArray, ends: Ends, text: &mut String) -> PyResult<()> {
    fallible::push_str(text, "[ ")?;
    for index in ends.indices() {
        match index {
            // SAFETY: the array is held, and the index is below the length.
            Some(index) => unsafe {
                push_element(py, array, array.raw().step(array.start(), 0, index), text)?;
            },
            None => fallible::push_str(text, "...")?,
        }
        fallible::push_str(text, " ")?;
    }
    Ok(fallible::push_str(text, "]")?)
}

/// The elements of several dimensions that are shown, as text.
struct Cells<'a> {
    ends: &'a [Ends],
    /// One text after the other, and where each one ends.
    texts: String,
    places: Vec<usize>,
}

impl Cells<'_> {
    /// Adds the elements of the dimensions from `dimension` on; `pointer` is where the indices
    /// before lead. `array` is held.
    fn add(
        &mut self,
        py: Python<'_>,
        array: &AnyArray,
        dimension: usize,
        pointer: *mut u8,
    ) -> PyResult<()> {
        let Some(ends) = self.ends.get(dimension) else {
            // SAFETY: all indices together lead to an element, which is held.
            unsafe { push_element(py, array, pointer, &mut self.texts)? };
            return Ok(fallible::push(&mut self.places, self.texts.len())?);
        };
        for index in ends.indices().flatten() {
            // SAFETY: the indices before lead to `pointer`, and the index is below the length.
            let next = unsafe { array.raw().step(pointer, dimension, index) };
            self.add(py, array, dimension + 1, next)?;
        }
        Ok(())
    }

    fn cell(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.places[before]);
        &self.texts[start..self.places[index]]
    }
}

/// Writes cells in rows and columns.
struct Rows<'a> {
    cells: &'a Cells<'a>,
    /// The width of each column of the innermost dimension.
    widths: SmallVec<[usize; 4]>,
    /// Whether the texts end at the end of their column, as those of numbers do.
    is_right: bool,
    /// The next cell.
    next: usize,
    text: String,
}

impl<'a> Rows<'a> {
    fn new(cells: &'a Cells<'a>, columns: usize, is_right: bool) -> Self {
        let mut widths = SmallVec::from_elem(0, columns);
        for index in 0..cells.places.len() {
            let width = cells.cell(index).chars().count();
            let widest = &mut widths[index % columns];
            *widest = width.max(*widest);
        }
        Self { cells, widths, is_right, next: 0, text: String::new() }
    }

    fn write(&mut self, dimension: usize) -> PyResult<()> {
        let ends = self.cells.ends[dimension];
        if dimension + 1 == self.cells.ends.len() {
            return self.write_line(dimension, ends);
        }
        fallible::push_str(&mut self.text, "[ ")?;
        let mut is_first = true;
        for index in ends.indices() {
            if !is_first {
                // Blocks of lines are apart.
                let is_block = dimension + 2 < self.cells.ends.len();
                fallible::push_str(&mut self.text, if is_block { "\n\n" } else { "\n" })?;
                self.pad(2 * dimension + 2)?;
            }
            is_first = false;
            match index {
                Some(_) => self.write(dimension + 1)?,
                None => fallible::push_str(&mut self.text, "...")?,
            }
        }
        Ok(fallible::push_str(&mut self.text, if is_first { "]" } else { " ]" })?)
    }

    fn write_line(&mut self, dimension: usize, ends: Ends) -> PyResult<()> {
        fallible::push_str(&mut self.text, "[ ")?;
        let indent = 2 * dimension + 2;
        let (mut at, mut column) = (indent, 0);
        for index in ends.indices() {
            let width = if index.is_some() { self.widths[column] } else { 3 };
            if at > indent && at + width > indent + WIDTH {
                fallible::push_str(&mut self.text, "\n")?;
                self.pad(indent)?;
                at = indent;
            }
            at += width + 1;
            if index.is_none() {
                fallible::push_str(&mut self.text, "... ")?;
                continue;
            }
            let cell = self.cells.cell(self.next);
            let padding = width.saturating_sub(cell.chars().count());
            self.pad(if self.is_right { padding } else { 0 })?;
            fallible::push_str(&mut self.text, cell)?;
            self.pad(if self.is_right { 1 } else { padding + 1 })?;
            self.next += 1;
            column += 1;
        }
        Ok(fallible::push_str(&mut self.text, "]")?)
    }

    fn pad(&mut self, spaces: usize) -> PyResult<()> {
        (0..spaces).try_for_each(|_| Ok(fallible::push_str(&mut self.text, " ")?))
    }
}

/// Returns the elements as text, or why they cannot be read. `array` is held.
fn elements(py: Python<'_>, array: &AnyArray) -> PyResult<String> {
    if let AnyArray::Opaque(array) = array {
        return Ok(format!("[ {} ]", array.descriptor()));
    }
    let ends = ends(array.layout().shape());
    if let [ends] = *ends {
        let mut text = String::new();
        write_line(py, array, ends, &mut text)?;
        return Ok(text);
    }
    let mut cells = Cells { ends: &ends, texts: String::new(), places: Vec::new() };
    cells.add(py, array, 0, array.start())?;
    let Some(innermost) = ends.last() else { return Ok(cells.texts) };
    let is_right = array.scalar_type().is_some_and(|scalar_type| {
        matches!(scalar_type.dtype.kind(), Kind::Signed | Kind::Unsigned | Kind::Float)
    });
    let mut rows = Rows::new(&cells, innermost.shown(), is_right);
    rows.write(0)?;
    Ok(rows.text)
}

/// The text that `write` makes of a view, while it is held, or that of a released view.
fn shown<'py>(
    this: &Bound<'py, PyConsumerArray>,
    write: impl FnOnce(&AnyArray) -> PyResult<String>,
) -> PyResult<Bound<'py, PyString>> {
    let (py, view) = (this.py(), this.get());
    if view.is_released() {
        let text = format!("<released memory of ConsumerArray at {:p}>", this.as_ptr());
        return objects::string(py, &text);
    }
    // The elements may be, or hold, the view itself.
    let _level = stack::enter(py)?;
    objects::string(py, &write(&*view.hold(py)?)?)
}

#[pymethods]
impl PyConsumerArray {
    /// The elements in brackets, of many the first ones.
    fn __str__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        shown(this, |array| elements(this.py(), array))
    }

    /// The class, format and shape of the view, and of many elements the first ones.
    fn __repr__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyString>> {
        let py = this.py();
        shown(this, |array| {
            let mut text = String::from("<ConsumerArray format=");
            let format = objects::text(&format_object(py, array.format())?.repr()?)?;
            match format.char_indices().nth(MAX_FORMAT) {
                Some((end, _)) => fallible::push_str(&mut text, &format!("{}…'", &format[..end]))?,
                None => fallible::push_str(&mut text, &format)?,
            }
            fallible::push_str(&mut text, " shape=")?;
            let shape = objects::sizes(py, array.layout().shape())?;
            objects::push_text(&mut text, &shape.repr()?)?;
            // Rows begin a line, so that they stand below each other.
            let is_rows = array.layout().ndim() > 1;
            fallible::push_str(&mut text, if is_rows { "\n" } else { " " })?;
            fallible::push_str(&mut text, &elements(py, array)?)?;
            fallible::push_str(&mut text, ">")?;
            Ok(text)
        })
    }
}
