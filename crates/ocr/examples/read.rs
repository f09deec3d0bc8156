//! Reads page images without a service: one JSON line a file, with its words and the time taken.
//!
//! usage: read ENGINES FILE.png... (8-bit grey; ENGINES is tesseract, ppocr or auto)

#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::error::Error;
use std::time::Instant;

use common::config::Config;
use common::worker::Handler;
use ocr::{PageReader, Request, Response, Setup};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let engines = arguments.next().ok_or("usage: read ENGINES FILE.png...")?;
    let config = Config::defaults()?.with("ocr.engines", engines)?;
    let text = |fault: common::worker::Fault| format!("{fault:?}");
    let mut reader = PageReader::start(Setup::from(&config)).map_err(text)?;
    for file in arguments {
        let png = std::fs::read(&file)?.into();
        let start = Instant::now();
        let request = Request { png, dpi: 200.0, languages: config.ocr.languages.clone() };
        let Response { words, turned_degrees, attempts, .. } =
            reader.handle(request).map_err(text)?;
        let seconds = start.elapsed().as_secs_f64();
        let line = json!({
            "file": file, "seconds": seconds, "turned_degrees": turned_degrees,
            "attempts": attempts, "words": words,
        });
        println!("{line}");
    }
    Ok(())
}
