//! The configuration that this command was given, checked as `config check` does.

use common::config::{Config, ConfigError};
use extract::stage::Extract;

use super::super::check::{Check, Judgement};

/// Name of the check.
const NAME: &str = "configuration";

/// Checks the configuration with the files that it names.
pub(in super::super) fn check(loaded: &Result<Config, ConfigError>) -> Check {
    const REMEDY: &str = "mend it; `invoice-ocr config check` says the same";
    let config = match loaded {
        Ok(config) => config,
        Err(error) => return Judgement::failed(error.to_string(), REMEDY).named(NAME),
    };
    let files = Extract::new(config).map(drop).and_then(|()| gateway::check_access(config));
    match files {
        Err(error) => Judgement::failed(error.to_string(), REMEDY),
        Ok(()) if !config.faults.points.is_empty() => Judgement::warning(
            "faults.points is set: services do themselves harm",
            "take it out, unless this is a rehearsal",
        ),
        Ok(()) => Judgement::ok("can be used"),
    }
    .named(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    #[test]
    fn a_configuration_is_usable_harmful_or_broken() {
        let with = |key: &str, value: &str| Config::defaults().unwrap().with(key, value);
        let verdict = |loaded| check(&loaded).verdict;
        assert_eq!(verdict(Config::defaults()), Verdict::Ok);
        assert_eq!(verdict(with("extract.hints", "nowhere/hints.toml")), Verdict::Failed);
        assert_eq!(verdict(with("limits.max_pages", "many")), Verdict::Failed);
        let harmed = Config::defaults().unwrap().with("faults.points", ["job-claimed=kill@3"]);
        assert_eq!(verdict(harmed), Verdict::Warning);
    }
}
