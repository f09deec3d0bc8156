//! `invoice-ocr read FILE…`: documents read here and now, without a service or a broker.

mod local;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use common::config::Config;
use common::error::StageError;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::service::ServiceArgs;
use common::stage::StageName;
use gateway::door;

use self::local::{Document, Local};
use super::batch::Batch;
use super::exporting::ExportArgs;
use super::interrupt::Interrupt;
use super::outcome::Outcome;
use super::source::{Source, Sources};
use super::{CommandError, Output, console, operator, summary};
use crate::client::ClientError;
use crate::exit::Exit;

/// Arguments of `read`.
#[derive(Args, Debug)]
pub(crate) struct ReadArgs {
    /// Documents (PDF, JPEG, PNG, e-invoices in XML), folders of them, patterns in quotes; `-` is standard
    /// input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Tesseract language codes in order of preference, e.g. "fra+eng" [default: the configured ones]
    #[arg(long, value_name = "CODES", value_parser = languages)]
    languages: Option<Languages>,
    /// Documents under way at once [default: as many as there are workers of preprocess, one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: Option<u16>,
    /// Table: a row a file, or all fields of a single one. JSON: an array in the order of the files, each with
    /// its file, state and result as the API gives them. NDJSON: the same, an object a line, as documents end
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    #[command(flatten)]
    export: ExportArgs,
    /// Exit with 3 when a result needs review
    #[arg(long)]
    fail_on_review: bool,
    #[command(flatten)]
    service: ServiceArgs,
}

/// Language codes, at most as many as the service takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Languages(Vec<String>);

impl Languages {
    /// As the API takes them.
    pub(crate) fn query(&self) -> String {
        self.0.join("+")
    }
}

/// Reads `--languages`.
pub(crate) fn languages(text: &str) -> Result<Languages, String> {
    door::languages(text).map(Languages).map_err(|error| error.to_string())
}

/// Runs the command. The exit code is that of the file that fared worst.
///
/// # Errors
/// [`CommandError`] before anything is read when a file is not there, or what reads it is not.
pub(crate) fn run(args: &ReadArgs) -> Result<Exit, CommandError> {
    let sources = Sources::find(&args.files)?;
    let config = args.service.load()?;
    operator::start_log()?;
    let options = Options { languages: args.languages.clone().unwrap_or_default().0 };
    let workers = config.stage(StageName::Preprocess).worker_count();
    let runtime = tokio::runtime::Runtime::new();
    let runtime = runtime.map_err(|error| CommandError::Internal(error.to_string()))?;
    let local = Local::new(&config)?;
    // What is missing on this machine is said once, not for each file.
    runtime.block_on(local.warm_up())?;
    // Ctrl-C ends this command as any other: nothing is half done afterwards.
    let batch = Batch {
        sources: &sources,
        parallel: args.parallel.map_or(workers, usize::from),
        output: args.output,
        read: true,
        export: &args.export,
        interrupt: &Interrupt::default(),
    };
    let done = batch.run(|source, progress| {
        let file = source.shown();
        progress.note(&file, "reading");
        let answer = match bytes(source, config.gateway.max_upload_bytes) {
            Ok(bytes) => runtime.block_on(answer(&local, &config, source, bytes, &options)),
            Err(error) => return Some(Outcome::new(&file, Err(error))),
        };
        Some(Outcome::new(&file, Ok(answer)))
    })?;
    if done.outcomes.len() > 1 {
        console::note(&summary::read(&done, sources.left_out));
    }
    Ok(done.exit(args.fail_on_review))
}

/// What the source holds; of one that is too large only so much that it is seen to be.
fn bytes(source: &Source, max_bytes: u64) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    let limit = max_bytes.saturating_add(1);
    let read = match source {
        Source::Stdin => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        Source::File(path) => {
            std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        }
    };
    let path = match source {
        Source::Stdin => Path::new("standard input"),
        Source::File(path) => path,
    };
    let unreadable = |error: std::io::Error| ClientError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    read.map_err(unreadable)?;
    Ok(bytes)
}

/// The document's status as the API would give it.
async fn answer(
    local: &Local,
    config: &Config,
    source: &Source,
    bytes: Vec<u8>,
    options: &Options,
) -> Value {
    let admitted = match door::admit(&bytes, source.name().as_deref(), config) {
        Ok(admitted) => admitted,
        Err(error) => {
            return json!({
                "state": "failed",
                "error": {"code": error.code(), "message": error.to_string()},
            });
        }
    };
    let content_hash = ContentHash::of(&bytes);
    let id = DocumentId::derive(&Tenant::default(), &content_hash, options);
    let document = Document { id: id.clone(), content_hash, admitted, options: options.clone() };
    let filename = document.admitted.filename.clone();
    match local.read(document, bytes).await {
        Ok(result) => {
            json!({"id": id, "state": "completed", "filename": filename, "result": result})
        }
        Err((stage, StageError { code, message, .. })) => json!({
            "id": id,
            "state": "failed",
            "stage": stage,
            "filename": filename,
            "error": {"code": code, "message": message, "stage": stage},
        }),
    }
}
