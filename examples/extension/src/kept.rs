//! Arrays that live longer than a call, and end elsewhere.

use std::thread;

use consumer::extension::{ANY, Array};
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// Samples that are kept where they are.
#[pyclass]
pub struct Signal {
    samples: Option<Array<f64, 1>>,
}

#[pymethods]
impl Signal {
    #[new]
    fn new(samples: Array<f64, 1>) -> Self {
        Self { samples: Some(samples) }
    }

    /// The sum of the samples.
    fn total(&self, py: Python<'_>) -> Option<f64> {
        let samples = self.samples.as_ref()?;
        Some(py.detach(|| samples.iter().sum()))
    }

    /// The object whose samples they are.
    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.samples.as_ref()?.exporter(py)
    }

    /// Gives them back.
    fn release(&mut self, py: Python<'_>) {
        if let Some(samples) = self.samples.take() {
            samples.release(py);
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.samples.as_ref().map_or(Ok(()), |samples| samples.traverse(&visit))
    }

    fn __clear__(&mut self) {
        self.samples = None;
    }
}

/// Adds in a thread of Rust's, which drops the array while nobody else does anything.
#[pyfunction]
pub fn elsewhere(x: Array<f64, ANY>) -> Option<f64> {
    // Attached all the time: a drop that waited for the interpreter would wait forever.
    thread::spawn(move || x.iter().sum()).join().ok()
}

/// Adds without the interpreter, and drops the array there.
#[pyfunction]
pub fn inside(py: Python<'_>, x: Array<f64, ANY>) -> f64 {
    py.detach(move || {
        let mut sum = 0.0;
        x.for_each_block(|block| sum += block.iter().sum::<f64>());
        sum
    })
}
