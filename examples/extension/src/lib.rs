//! An extension whose functions take any memory that Python has.

mod arrays;
mod costs;
mod kept;
#[cfg(feature = "peers")]
mod peers;
mod results;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod extension_example {
    #[pymodule_export]
    use super::arrays::{
        checksum, cloud, columns, filled, floats, halves, heights, invert, is_text, kinds, line,
        longest, lost, maybe, number, plane, rows, scaled, solid, text, total, traced,
    };
    #[pymodule_export]
    use super::costs::{
        take_any, take_bytes, take_like, take_line, take_plane, take_raw, take_records, take_second,
    };
    #[pymodule_export]
    use super::kept::{Signal, elsewhere, inside};
    #[cfg(feature = "peers")]
    #[pymodule_export]
    use super::peers::{
        anything, array_like, exported, listed, numpy_owned, py_buffer, py_buffer_first,
        py_buffer_u8, readonly_1, readonly_2,
    };
    #[pymodule_export]
    use super::results::{bodies, grid, lines, mirrored, ramp, same, wrong_shape};
}
