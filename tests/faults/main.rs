//! The fault laboratory: real brokers, the services as processes, and everything that goes wrong.
//!
//! Each scenario starts a world of its own, uploads documents, does harm, waits until all is quiet
//! and holds everything in the broker against the invariants of ARCHITECTURE.md (`audit`). What is
//! random comes from the seed.
//!
//! ```text
//! cargo test --release --test faults                        # what CI runs, once
//! cargo test --release --test faults -- --all --runs 10     # everything, with ten seeds
//! cargo test --release --test faults -- killed              # scenarios whose name holds "killed"
//! cargo test --release --test faults -- --soak 60           # an hour of random faults
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "Invariant: a test that cannot go on has failed, and it says what it counted"
)]

mod audit;
mod books;
mod fleet;
mod lab;
mod load;
mod looping;
mod proxy;
mod report;
mod scenarios;
mod server;
mod soak;
mod usage;
mod wait;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use futures_util::FutureExt;

use crate::audit::References;
use crate::lab::{Given, Lab};
use crate::report::{Row, table};
use crate::scenarios::{SCENARIOS, Scenario, When};

#[derive(Parser, Debug)]
#[command(about = "Does harm to a running pipeline and looks whether its promises hold")]
struct Arguments {
    /// Scenarios whose name holds one of these; all without
    names: Vec<String>,
    /// Also the scenarios that CI leaves out
    #[arg(long)]
    all: bool,
    /// Runs of each scenario, each with the next seed
    #[arg(long, default_value_t = 1)]
    runs: u64,
    /// First seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The build under test, instead of this workspace's
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_invoice-ocr"))]
    program: PathBuf,
    /// A build of another message version, for the scenario of both side by side
    #[arg(long, value_name = "FILE")]
    next: Option<PathBuf>,
    /// Where to write the table, as Markdown
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Random faults over a stream of documents for so many minutes, instead of scenarios
    #[arg(long, value_name = "MINUTES")]
    soak: Option<u64>,
    /// Keep the data and logs of scenarios that fail
    #[arg(long)]
    keep: bool,
    /// Name the scenarios and end
    #[arg(long)]
    list: bool,
    // What `cargo test -- …` hands to every test program.
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    test_threads: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen: Vec<&Scenario> = SCENARIOS.iter().filter(|one| arguments.choose(one)).collect();
    if arguments.list {
        chosen.iter().for_each(|scenario| println!("{}", scenario.name));
        return ExitCode::SUCCESS;
    }
    if chosen.is_empty() && arguments.soak.is_none() {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut given = Given {
        program: arguments.program.clone(),
        next: arguments.next.clone(),
        seed: arguments.seed,
        references: Arc::new(References::new()),
        keep: arguments.keep,
    };
    given.references = Arc::new(runtime.block_on(Lab::references(&given)));
    let green = match arguments.soak {
        Some(minutes) => runtime.block_on(soak::soak(&given, minutes)),
        None => runtime.block_on(run_all(&arguments, &chosen, &given)),
    };
    if green { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Arguments {
    fn choose(&self, scenario: &Scenario) -> bool {
        let named = self.names.iter().any(|name| scenario.name.contains(name.as_str()));
        let possible = self.next.is_some() || scenario.when != When::Next;
        let due = self.all || scenario.when == When::Ci;
        // By name, a scenario is meant, whether CI runs it or not.
        possible && if self.names.is_empty() { due } else { named }
    }
}

/// Whether all were green.
async fn run_all(arguments: &Arguments, chosen: &[&Scenario], given: &Given) -> bool {
    let (mut rows, begun) = (Vec::new(), Instant::now());
    for seed in (arguments.seed..).take(usize::try_from(arguments.runs).unwrap()) {
        for scenario in chosen {
            let row = run(scenario, &Given { seed, ..given.clone() }).await;
            println!("{}", row.told());
            rows.push(row);
            // Written each time: a long run that is cut off has its table all the same.
            if let Some(path) = &arguments.table {
                std::fs::write(path, table(&rows)).unwrap();
            }
        }
    }
    let broken = rows.iter().filter(|row| !row.is_green()).count();
    let (all, took) = (rows.len(), begun.elapsed().as_secs());
    println!("\n{}\n{} of {all} green, {took} s", table(&rows), all - broken);
    broken == 0
}

async fn run(scenario: &Scenario, given: &Given) -> Row {
    let begun = Instant::now();
    // A panic ends the scenario and not the run.
    let ended = AssertUnwindSafe((scenario.run)(given.clone())).catch_unwind().await;
    let outcome = ended.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "a panic without words".to_owned())
    });
    Row { scenario: scenario.name, seed: given.seed, outcome, took: begun.elapsed() }
}
