//! `invoice-ocr explain FILE`: what was measured on each page before recognition, and what was done
//! to it. Without a broker, in a worker process like that of the service.

use std::path::{Path, PathBuf};

use clap::Args;

use common::page::MediaType;
use common::service::{ServiceArgs, own_path};
use common::stage::StageName;
use common::worker::Program;
use preprocess::explain::Explainer;
use preprocess::reader::{ExplainedPage, MadePage, Picture};

use super::console;
use super::table::{self, NOTHING};
use super::{CommandError, operator};
use crate::exit::Exit;

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// PDF, JPEG or PNG
    file: PathBuf,
    /// Write a picture of each page after each step into this folder, as PNG
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    service: ServiceArgs,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`]; exit code 1 for a document that the service would refuse.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, CommandError> {
    let config = args.service.load()?;
    let bytes = std::fs::read(&args.file).map_err(|error| unusable(&args.file, &error))?;
    let media_type = MediaType::sniff(&bytes).ok_or_else(|| {
        CommandError::BadFile(format!("{}: neither PDF, JPEG nor PNG", args.file.display()))
    })?;
    if media_type == MediaType::Xml {
        let message = format!("{}: an e-invoice in XML has no pages", args.file.display());
        return Err(CommandError::BadFile(message));
    }
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
    }
    let path = own_path().map_err(|error| CommandError::Internal(error.to_string()))?;
    let stage = StageName::Preprocess.to_string();
    let program = Program { path, args: vec!["worker".to_owned(), stage] };
    operator::block_on(async {
        let mut document = Explainer::open(&config, program, media_type, bytes.into()).await?;
        for number in 1..=document.pages() {
            let page = document.page(number).await?;
            console::line(&described(&page.page, document.pages()))?;
            if let Some(folder) = &args.out {
                keep(folder, number, &page)?;
            }
        }
        document.close().await?;
        Ok(Exit::Done)
    })
}

/// A page in words: where its text comes from, then what was measured and what was done.
fn described(page: &MadePage, pages: u32) -> String {
    let geometry = &page.geometry;
    let size =
        format!("{} x {} pixels at {:.0} DPI", geometry.width_px, geometry.height_px, geometry.dpi);
    let source = match (&page.png, page.words.len()) {
        (Some(_), 0) => "read by recognition".to_owned(),
        (Some(_), words) => format!("{words} words of its own text, the rest by recognition"),
        (None, 0) => "blank".to_owned(),
        (None, words) => format!("{words} words of its own text"),
    };
    let mut text = format!("Page {} of {pages}: {size}, {source}\n", geometry.number);
    let preparation = &page.preparation;
    if let Some(doubt) = &preparation.doubt {
        text.push_str(&format!("Its own text is not trusted: {doubt}\n"));
    }
    let measured = preparation.measurements.iter();
    let measured: Vec<Vec<String>> =
        measured.map(|(name, value)| vec![name.clone(), number(*value)]).collect();
    if !measured.is_empty() {
        text.push_str(&format!("\n{}\n", table::render(&["measured", "value"], measured)));
    }
    if page.png.is_none() {
        return text;
    }
    let steps = preparation.steps.iter();
    let steps: Vec<Vec<String>> = steps
        .map(|step| vec![step.name.clone(), step.amount.map_or(NOTHING.to_owned(), number)])
        .collect();
    if steps.is_empty() {
        text.push_str("\nNothing had to be done.\n");
    } else {
        text.push_str(&format!("\n{}\n", table::render(&["step", "amount"], steps)));
    }
    text
}

/// Three digits that matter: measurements range from shares of a thousandth to angles.
fn number(value: f32) -> String {
    const SMALL: f32 = 0.1;
    if value != 0.0 && value.abs() < SMALL { format!("{value:.4}") } else { format!("{value:.2}") }
}

/// Writes the pictures of a page: `page-1-0-original.png`, `page-1-1-deskew.png`.
fn keep(folder: &Path, number: u32, page: &ExplainedPage) -> Result<(), CommandError> {
    for (order, Picture { step, png }) in page.pictures.iter().enumerate() {
        // The worker has parsed hostile bytes; what it calls a step is no path.
        let step: String = step.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = folder.join(format!("page-{number}-{order}-{step}.png"));
        std::fs::write(&path, png).map_err(|error| unusable(&path, &error))?;
        console::line(&format!("wrote {}", path.display()))?;
    }
    Ok(())
}

fn unusable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::Usage(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_matters_of_them() {
        let texts = [0.0034, -7.02, 0.0, 1.5].map(number);
        assert_eq!(texts, ["0.0034", "-7.02", "0.00", "1.50"]);
    }
}
