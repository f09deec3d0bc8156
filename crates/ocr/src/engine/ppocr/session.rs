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
    let missing = |reason: String| OcrError::MissingEngine { file: library.to_owned(), reason };
    let environment = ort::init_from(library).map_err(|error| missing(error.to_string()))?;
    // False means that it is loaded already, which a second set of engines does.
    let _first = environment.with_name("ocr").with_telemetry(false).commit();
    Ok(())
}

/// What a network is optimised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// Time.
    Fast,
    /// Memory: on whole pages the fastest layout of tensors takes half as much again (230 instead
    /// of 156 MiB for the detector on A4) for a tenth of the time.
    Lean,
}

impl Network {
    /// Loads the model `file`.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`].
    pub(super) fn load(file: &Path, effort: Effort) -> Result<Self, OcrError> {
        // A worker is one thread. Without an arena memory goes back after each page: lines differ
        // in width, and an arena keeps room for every size it has seen.
        let level = match effort {
            Effort::Fast => GraphOptimizationLevel::All,
            Effort::Lean => GraphOptimizationLevel::Level2,
        };
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
                .with_optimization_level(level)
                .map_err(|e| text(&e))?
                .with_execution_providers([CPU::default().with_arena_allocator(false).build()])
                .map_err(|e| text(&e))?
                .commit_from_file(file)
                .map_err(|e| text(&e))
        };
        let session = built().map_err(|reason| OcrError::MissingEngine {
            file: file.display().to_string(),
            reason,
        })?;
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
