//! What differs between the broker's streams and what this build and configuration want.

use common::jetstream::topology::Drift;

use super::super::check::Judgement;

/// Differences that are named before the rest is counted.
const NAMED: usize = 2;

/// Judges the differences that `topology check` finds.
pub(in super::super) fn judge(drift: &[Drift]) -> Judgement {
    const REMEDY: &str =
        "`invoice-ocr topology check` says all of it, `invoice-ocr topology apply` mends it";
    if drift.is_empty() {
        return Judgement::ok("as this build and configuration want it");
    }
    let named = drift.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let more = match drift.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let found = format!("{named}{more}");
    match drift.iter().any(stops_services) {
        true => Judgement::failed(found, REMEDY),
        false => Judgement::warning(found, REMEDY),
    }
}

/// Whether services that start now would refuse to.
fn stops_services(drift: &Drift) -> bool {
    match drift {
        Drift::Missing { .. } => true,
        Drift::Field { field, .. } => field.starts_with("metadata."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::doctor::check::Verdict;

    fn field(field: &str) -> Drift {
        let (asset, field) = ("S".to_owned(), field.to_owned());
        Drift::Field { asset, field, wanted: json!(1), found: json!(2) }
    }

    #[test]
    fn another_value_warns_and_what_stops_services_fails() {
        assert_eq!(judge(&[]).verdict, Verdict::Ok);
        assert_eq!(judge(&[field("max_age")]).verdict, Verdict::Warning);
        let missing = Drift::Missing { asset: "S".to_owned() };
        assert_eq!(judge(&[field("max_age"), missing]).verdict, Verdict::Failed);
        assert_eq!(judge(&[field("metadata.invoice-ocr.revision")]).verdict, Verdict::Failed);
    }

    #[test]
    fn of_many_differences_the_first_are_named() {
        let drift: Vec<Drift> = ["a", "b", "c"].map(field).into();
        let found = judge(&drift).found;
        assert_eq!(found, "S: a is 2, should be 1; S: b is 2, should be 1; and 1 more");
    }
}
