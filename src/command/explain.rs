//! `invoice-ocr explain FILE`: what was measured on each page before recognition and done to it, then
//! which values were chosen among which candidates. Without a broker, in worker processes like those of
//! the service.

mod fields;
mod picture;
mod pipeline;

use std::path::{Path, PathBuf};

use clap::Args;

use common::page::MediaType;
use common::service::ServiceArgs;
use common::stage::StageName;
use extract::stage::Extract;
use preprocess::explain::Explainer;
use preprocess::reader::{ExplainedPage, MadePage, Picture};

use self::fields::Shown;
use self::pipeline::Passage;
use super::console;
use super::table::{self, NOTHING};
use super::worker::program;
use super::{CommandError, operator};
use crate::exit::Exit;

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// PDF, JPEG or PNG
    file: PathBuf,
    /// Write a picture of each page after each step into this folder, and one with the values and their
    /// candidates, as PNG
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
    let settings = Extract::new(&config)?.settings();
    let passage = Passage::of(&bytes, media_type);
    operator::block_on(async {
        let worker = program(StageName::Preprocess)?;
        let mut document = Explainer::open(&config, worker, media_type, bytes.into()).await?;
        let (mut pages, mut pictures) = (Vec::new(), Vec::new());
        for number in 1..=document.pages() {
            let ExplainedPage { page, pictures: mut taken } = document.page(number).await?;
            console::line(&described(&page, document.pages()))?;
            if let Some(folder) = &args.out {
                keep(folder, number, &taken)?;
                // Of pages with pixels, those that were read are shown.
                let shown = if page.png.is_none() { taken.pop() } else { None };
                pictures.push(shown.map(|picture| picture.png.into_vec()));
            }
            pages.push(page);
        }
        let prepared = document.hand_on(pages, &passage.id, &passage.objects).await?;
        let worker = program(StageName::Ocr)?;
        let understood = passage.understand(prepared, &config, worker, &settings).await?;
        let invoice = serde_json::to_value(&understood.result.invoice)
            .map_err(|error| CommandError::Internal(error.to_string()))?;
        let shown = fields::shown(&invoice, &understood.decisions);
        console::line(&format!("{}\n", fields::table(&shown)))?;
        let Some(folder) = &args.out else { return Ok(Exit::Done) };
        for (index, picture) in pictures.into_iter().enumerate() {
            // Recognition may have turned the page it was given.
            let raster = passage.raster(&understood.document, index).await?;
            if let Some(png) = raster.or(picture) {
                draw(folder, index, &png, &shown)?;
            }
        }
        Ok(Exit::Done)
    })
}

/// Writes the page at `index` (from 0) with its values: `page-1-fields.png`.
fn draw(folder: &Path, index: usize, png: &[u8], shown: &[Shown]) -> Result<(), CommandError> {
    let number = index + 1;
    let here = |s: &&Shown| s.place.is_some_and(|place| place.page as usize == number);
    let here: Vec<&Shown> = shown.iter().filter(here).collect();
    let drawn = picture::with_values(png, &here)
        .map_err(|error| CommandError::Internal(error.to_string()))?;
    written(&folder.join(format!("page-{number}-fields.png")), &drawn)
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
fn keep(folder: &Path, number: u32, pictures: &[Picture]) -> Result<(), CommandError> {
    for (order, Picture { step, png }) in pictures.iter().enumerate() {
        // The worker has parsed hostile bytes; what it calls a step is no path.
        let step: String = step.chars().filter(char::is_ascii_alphanumeric).collect();
        written(&folder.join(format!("page-{number}-{order}-{step}.png")), png)?;
    }
    Ok(())
}

fn written(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    std::fs::write(path, bytes).map_err(|error| unusable(path, &error))?;
    console::line(&format!("wrote {}", path.display()))
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
