//! A network in ONNX Runtime. The only file that names `ort`.

use std::path::Path;

use ort::ep::CPU;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use crate::error::OcrError;

/// Name of the input of PaddleOCR's exported networks.
const INPUT: &str = "x";

/// A loaded network with one input and one output of 32-bit floats.
pub(super) struct Network {
    session: Session,
}

/// Loads ONNX Runtime from `library`, once a process.
///
/// # Errors
/// [`OcrError::MissingEngine`].
pub(super) fn load_runtime(library: &str) -> Result<(), OcrError> {
    let environment =
        ort::init_from(library).map_err(|error| missing(Path::new(library), error.to_string()))?;
    // False means that it is loaded already, which a second set of engines does.
    let _first = environment.with_name("ocr").with_telemetry(false).commit();
    Ok(())
}

/// The content of `file`.
///
/// # Errors
/// [`OcrError::MissingEngine`].
pub(super) fn content(file: &Path) -> Result<Vec<u8>, OcrError> {
    std::fs::read(file).map_err(|error| missing(file, error.to_string()))
}

/// `file` cannot be used, for this reason.
pub(super) fn missing(file: &Path, reason: String) -> OcrError {
    OcrError::MissingEngine { file: file.display().to_string(), reason }
}

/// What becomes of the memory of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// Kept for the next run, for large tensors of few sizes: to have the kernel clear 100 MiB of
    /// fresh pages takes the detector a third of its time.
    Kept,
    /// Given back: lines differ in width, and room would be kept for every width seen.
    Returned,
}

impl Network {
    /// Loads the model `onnx`, the content of `file` or made of it.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`].
    pub(super) fn load(onnx: &[u8], file: &Path, memory: Memory) -> Result<Self, OcrError> {
        let arena = memory == Memory::Kept;
        // One thread: a worker is one.
        let built = || -> Result<Session, String> {
            let text = |error: &dyn std::fmt::Display| error.to_string();
            Session::builder()
                .map_err(|e| text(&e))?
                .with_intra_threads(1)
                .map_err(|e| text(&e))?
                .with_inter_threads(1)
                .map_err(|e| text(&e))?
                .with_memory_pattern(false)
                .map_err(|e| text(&e))?
                .with_optimization_level(GraphOptimizationLevel::All)
                .map_err(|e| text(&e))?
                .with_execution_providers([CPU::default().with_arena_allocator(arena).build()])
                .map_err(|e| text(&e))?
                .commit_from_memory(onnx)
                .map_err(|e| text(&e))
        };
        let session = built().map_err(|reason| missing(file, reason))?;
        Ok(Self { session })
    }

    /// Runs one image of three planes, each `height` rows of `width`, and has `look` read the
    /// answer: the sides of its array and its numbers, row-major. An answer is up to 10 MiB large
    /// and is not copied.
    ///
    /// # Errors
    /// [`OcrError::Network`], and those of `look`.
    pub(super) fn run<T>(
        &mut self,
        planes: &[f32],
        height: usize,
        width: usize,
        look: impl FnOnce(&[i64], &[f32]) -> Result<T, OcrError>,
    ) -> Result<T, OcrError> {
        let input = TensorRef::from_array_view(([1, 3, height, width], planes));
        let input = input.map_err(|_| OcrError::Network("its input has another size"))?;
        let outputs = self.session.run(ort::inputs![INPUT => input]);
        let outputs = outputs.map_err(|_| OcrError::Network("it did not run"))?;
        let output = outputs.values().next().ok_or(OcrError::Network("it has no output"))?;
        let (shape, values) = output
            .try_extract_tensor::<f32>()
            .map_err(|_| OcrError::Network("its output is of another type"))?;
        look(shape, values)
    }
}
