//! Exports results in every format, for scripts/check-exports: `export_all OUT RESULT.json...` writes
//! `OUT/<stem>.csv`, `OUT/<stem>.ubl.xml`, `OUT/<stem>.cii.xml`, and `OUT/<stem>.gaps` with one gap a line.

#![expect(clippy::print_stderr, reason = "speaks to the person who started it")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use export::{Format, export};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(out) = arguments.next() else {
        eprintln!("usage: export_all OUT RESULT.json...");
        return ExitCode::FAILURE;
    };
    for result in arguments {
        if let Err(error) = export_one(&result, &out) {
            eprintln!("{}: {error}", result.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn export_one(result: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let json = fs::read_to_string(result)?;
    let stem = result.file_stem().unwrap_or_default().to_string_lossy();
    for format in Format::ALL {
        let export = export(&json, format)?;
        fs::write(out.join(format!("{stem}.{}", format.extension())), &export.text)?;
        if format == Format::Ubl {
            let told = |gap: &export::Gap| format!("{gap} {:?}\n", gap.lines);
            let gaps: String = export.gaps.iter().map(told).collect();
            fs::write(out.join(format!("{stem}.gaps")), gaps)?;
        }
    }
    Ok(())
}
