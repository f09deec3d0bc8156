//! `--format`: results as files for other programs, by the code that the API answers with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use export::Format;
use gateway::{ApiError, Problem};

use super::outcome::Outcome;
use super::source::{Source, Sources};
use super::{CommandError, Output, console, whole};

/// What documents that have no name of their own are called.
const UNNAMED: &str = "stdin";

/// Which files are to be made of results.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ExportArgs {
    /// Write the result as a file for other programs: csv (the lines), ubl (UBL 2.1) or cii (CII D16B), both
    /// after EN 16931. To standard output, or to --out
    #[arg(long, value_name = "csv|ubl|cii")]
    format: Option<Format>,
    /// UBL and CII also of a result that does not give all that EN 16931 asks for
    #[arg(long, requires = "format")]
    partial: bool,
    /// Folder for the files, each called after its document with .csv, .ubl.xml or .cii.xml behind the name;
    /// one of that name is replaced
    #[arg(long, value_name = "DIR", requires = "format")]
    out: Option<PathBuf>,
}

/// What was made of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exported {
    /// For standard output.
    Text(String),
    /// A file.
    File(PathBuf),
    /// Nothing: the API's answer to the same wish.
    Incomplete(Value),
    /// Nothing: why not.
    Failed(String),
}

impl ExportArgs {
    /// Whether results are to be written.
    pub(crate) fn is_wanted(&self) -> bool {
        self.format.is_some()
    }

    /// Whether the file is all that is printed.
    pub(crate) fn takes_output(&self) -> bool {
        self.is_wanted() && self.out.is_none()
    }

    /// Looks whether that can be done of `sources`, and makes the folder.
    ///
    /// # Errors
    /// [`CommandError::Usage`] for several files on standard output, or two of one name, and for a folder
    /// that cannot be made.
    pub(crate) fn prepare(&self, sources: &Sources, output: Output) -> Result<(), CommandError> {
        let usage = |text: String| Err(CommandError::Usage(text));
        let Some(format) = self.format else { return Ok(()) };
        let Some(out) = &self.out else {
            if output != Output::Table {
                return usage(
                    "--output with --format tells of files: --out says where they go".into(),
                );
            }
            if sources.all.len() > 1 {
                let files = sources.all.len();
                return usage(format!("{files} files at once: --out says where their results go"));
            }
            return Ok(());
        };
        let mut names = HashMap::new();
        for source in &sources.all {
            let (name, shown) = (file_name(source, format), source.shown());
            if let Some(other) = names.insert(name.clone(), shown.clone()) {
                return usage(format!("{other} and {shown} would both become {name}"));
            }
        }
        let made = std::fs::create_dir_all(out);
        made.or_else(|error| usage(format!("{}: {error}", out.display())))
    }

    /// `outcome` of `source`, with what was made of its result, if it has one.
    pub(crate) fn apply(&self, source: &Source, outcome: Outcome) -> Outcome {
        let result = outcome.answer().and_then(|answer| answer.get("result"));
        let (Some(format), Some(result)) = (self.format, result) else { return outcome };
        let exported = match self.exported(&result.to_string(), format) {
            Exported::Text(text) => self.kept(source, format, text),
            other => other,
        };
        outcome.exported(exported)
    }

    fn exported(&self, result: &str, format: Format) -> Exported {
        match export::export(result, format) {
            Err(error) => Exported::Failed(error.to_string()),
            Ok(export) if export.is_complete() || self.partial => Exported::Text(export.text),
            Ok(export) => {
                let error = ApiError::ExportIncomplete { form: format, gaps: export.gaps };
                Exported::Incomplete(json!(Problem::from(&error)))
            }
        }
    }

    fn kept(&self, source: &Source, format: Format, text: String) -> Exported {
        let Some(out) = &self.out else { return Exported::Text(text) };
        let path = out.join(file_name(source, format));
        match whole::write(&path, &text) {
            Ok(()) => Exported::File(path),
            Err(error) => Exported::Failed(format!("{}: {error}", path.display())),
        }
    }
}

/// Prints the file that was made of the only document, or on standard error why there is none.
///
/// # Errors
/// Those of printing.
pub(crate) fn print(outcome: &Outcome) -> Result<(), CommandError> {
    match outcome.made() {
        // The file's own last line end is one.
        Some(Exported::Text(text)) => return console::line(text.trim_end_matches('\n')),
        Some(Exported::Incomplete(problem)) => note_gaps(problem),
        Some(Exported::File(_) | Exported::Failed(_)) | None => {}
    }
    console::note(&format!("{}: {}", outcome.file, outcome.told()));
    Ok(())
}

/// One line for each gap: `BT-55 buyer country code: missing`, with the lines that it concerns.
fn note_gaps(problem: &Value) {
    for gap in problem.get("gaps").and_then(Value::as_array).into_iter().flatten() {
        console::note(&gap_line(gap));
    }
}

fn gap_line(gap: &Value) -> String {
    let text = |key: &str| gap.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut line = format!("{} {}: {}", text("term"), text("name"), text("why"));
    if !text("rule").is_empty() {
        line.push_str(&format!(" ({})", text("rule")));
    }
    let lines: Vec<String> = gap
        .get("lines")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(Value::to_string)
        .collect();
    if !lines.is_empty() {
        line.push_str(&format!(", in lines {}", lines.join(", ")));
    }
    line
}

fn file_name(source: &Source, format: Format) -> String {
    let name = source.name().unwrap_or_else(|| UNNAMED.to_owned());
    whole::with_suffix(Path::new(&name), format!(".{}", format.extension())).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn args(format: Format, out: Option<&Path>) -> ExportArgs {
        ExportArgs { format: Some(format), partial: false, out: out.map(Path::to_owned) }
    }

    fn sources(paths: &[&str]) -> Sources {
        let all = paths.iter().map(|path| Source::File(path.into())).collect();
        Sources { all, left_out: 0 }
    }

    fn completed(result: Value) -> Outcome {
        Outcome::new("a.pdf", Ok(json!({"id": "ab", "state": "completed", "result": result})))
    }

    #[test]
    fn several_files_need_a_folder_and_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let to = args(Format::Csv, Some(folder.path()));
        let both = sources(&["x/a.pdf", "y/b.pdf"]);
        let here = args(Format::Csv, None);
        assert!(here.prepare(&sources(&["x/a.pdf"]), Output::Table).is_ok());
        assert!(here.prepare(&both, Output::Table).is_err());
        assert!(here.prepare(&sources(&["x/a.pdf"]), Output::Json).is_err());
        assert!(to.prepare(&both, Output::Json).is_ok());
        let error = to.prepare(&sources(&["x/a.pdf", "y/a.pdf"]), Output::Table).unwrap_err();
        assert_eq!(error.to_string(), "x/a.pdf and y/a.pdf would both become a.pdf.csv");
    }

    #[test]
    fn what_is_no_result_is_told_and_no_file_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let to = args(Format::Ubl, Some(folder.path()));
        let outcome = to.apply(&Source::Stdin, completed(json!({"schema": "other/1"})));
        assert!(matches!(outcome.made(), Some(Exported::Failed(_))), "{outcome:?}");
        assert_eq!(outcome.exit(false), Exit::Failed);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let failed = Outcome::new("a", Ok(json!({"state": "failed", "error": {"code": "x"}})));
        assert!(to.apply(&Source::Stdin, failed).made().is_none());
    }

    #[test]
    fn a_gap_is_one_line_with_its_rule_and_lines() {
        let gap = json!({"term": "BT-131", "name": "line amount", "why": "inconsistent",
            "rule": "BR-CO-10", "lines": [1, 3]});
        assert_eq!(gap_line(&gap), "BT-131 line amount: inconsistent (BR-CO-10), in lines 1, 3");
        let plain = json!({"term": "BT-55", "name": "buyer country code", "why": "missing"});
        assert_eq!(gap_line(&plain), "BT-55 buyer country code: missing");
    }

    #[test]
    fn a_file_is_called_after_its_document() {
        assert_eq!(file_name(&Source::Stdin, Format::Csv), "stdin.csv");
        let file = Source::File("x/a.b.pdf".into());
        assert_eq!(file_name(&file, Format::Cii), "a.b.pdf.cii.xml");
    }
}
