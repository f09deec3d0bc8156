//! What the sandbox costs a scanned page: two workers, one shut in and one not, read it in turns.
//!
//! The page is the fixture that `tests/fixtures/draw.py` drew. `cargo bench -p ocr --bench sandbox`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has failed"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::config::{Config, Sandbox};
use common::stage::StageName;
use common::worker::{Budget, Lease, Limits, Pool, Program};
use ocr::{PageReader, Request, Setup};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// A French invoice, A4 at `DPI`.
const PAGE: &[u8] = include_bytes!("../tests/fixtures/facture.png");

/// Of `PAGE`, as the tests hand it over.
const DPI: f32 = 200.0;

/// The folder of what `scripts/setup` fetched.
const VENDOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vendor");

/// Pages that each worker reads. Their medians then differ by chance by less than a hundredth.
const ROUNDS: usize = 40;

const BUDGET: Budget = Budget { wall: Duration::from_secs(60), cpu_seconds: 60 };

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("worker") => ocr::worker_main(),
        Some("bare") => {
            without_walls();
            ocr::worker_main()
        }
        _ => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            for engines in ["ppocr", "tesseract"] {
                runtime.as_ref().unwrap().block_on(compare(engines));
            }
            ExitCode::SUCCESS
        }
    }
}

/// Plays a kernel that has neither Landlock nor seccomp.
fn without_walls() {
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_seccomp];
    let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let missing = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, missing, architecture).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

async fn compare(engines: &str) {
    let config = config(engines);
    let mut shut_in = pool(&config, "worker", Sandbox::Required).lease().await.unwrap();
    let mut bare = pool(&config, "bare", Sandbox::BestEffort).lease().await.unwrap();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(read(&mut shut_in, &config).await);
        without.push(read(&mut bare, &config).await);
    }
    let (with, without) = (median(with), median(without));
    let cost = (with / without - 1.0) * 100.0;
    println!("{engines}: {with:.1} ms with, {without:.1} ms without the sandbox: {cost:+.2} %");
}

async fn read(worker: &mut Lease<PageReader>, config: &Config) -> f64 {
    let languages = config.ocr.languages.clone();
    let request = Request { png: PAGE.to_vec().into(), dpi: DPI, languages };
    let begun = Instant::now();
    let words = worker.call(&request, BUDGET).await.unwrap().words.len();
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(words > 0, "a figure for no words would look like a gain");
    took
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn pool(config: &Config, role: &str, sandbox: Sandbox) -> Pool<PageReader> {
    let limits = Limits {
        max_documents: u32::MAX,
        sandbox,
        max_resident_bytes: u64::MAX,
        ..Limits::from(&config.worker)
    };
    let program = Program { path: std::env::current_exe().unwrap(), args: vec![role.to_owned()] };
    Pool::new(StageName::Ocr, program, 1, limits, Setup::from(config))
}

fn config(engines: &str) -> Config {
    let config = Config::defaults().unwrap().with("ocr.engines", engines).unwrap();
    let config = config.with("worker.models", format!("{VENDOR}/models")).unwrap();
    config.with("worker.onnxruntime_library", format!("{VENDOR}/lib/libonnxruntime.so")).unwrap()
}
