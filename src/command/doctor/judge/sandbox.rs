//! Whether the walls around workers hold, by the metric `invoice_ocr_worker_sandbox`.

use common::config::Sandbox;
use common::stage::StageName;
use common::worker::Mechanism;

use super::super::check::Judgement;

/// What the exposition calls it.
const METRIC: &str = "invoice_ocr_worker_sandbox{";

/// One mechanism around the workers of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Wall {
    stage: String,
    mechanism: String,
    holds: bool,
}

/// The metric's samples in an exposition.
pub(in super::super) fn walls(exposition: &str) -> Vec<Wall> {
    exposition.lines().filter_map(wall).collect()
}

fn wall(line: &str) -> Option<Wall> {
    let (labels, value) = line.strip_prefix(METRIC)?.split_once('}')?;
    let label = |name: &str| {
        let of_name = |label: &str| Some(label.strip_prefix(name)?.strip_prefix("=\"")?.to_owned());
        labels.split(',').find_map(|label| of_name(label.strip_suffix('"')?))
    };
    let holds = value.trim().parse::<f64>().ok()? > 0.0;
    Some(Wall { stage: label("stage")?, mechanism: label("mechanism")?, holds })
}

/// Judges what is around the workers of `stage`; `setting` is what this configuration says.
pub(in super::super) fn judge(
    stage: StageName,
    walls: &[Wall],
    setting: Option<Sandbox>,
) -> Judgement {
    let of_stage: Vec<&Wall> = walls.iter().filter(|wall| wall.stage == stage.as_str()).collect();
    if of_stage.is_empty() {
        return Judgement::skipped("no service that was asked has workers of it").unless(
            "--ops names the port for operators (service.ops_listen) of the service; a worker that \
             has not been started yet says nothing",
        );
    }
    let lacks = |needed: bool| -> Vec<&str> {
        let wanted = Mechanism::ALL.into_iter().filter(|mechanism| mechanism.is_needed() == needed);
        let name = wanted.map(Mechanism::as_str);
        // One process among several that lacks it is enough.
        name.filter(|name| {
            !of_stage.iter().any(|wall| wall.mechanism == *name && wall.holds)
                || of_stage.iter().any(|wall| wall.mechanism == *name && !wall.holds)
        })
        .collect()
    };
    let (needed, further) = (lacks(true), lacks(false));
    if !needed.is_empty() {
        let found = format!("without {}", needed.join(", "));
        let remedy = match setting {
            Some(Sandbox::BestEffort) => {
                "worker.sandbox = \"best-effort\" lets documents be read all the same: use a machine \
                 that can enforce it, and \"required\" (docs/sandbox.md)"
            }
            _ => "use a machine that can enforce it (docs/sandbox.md)",
        };
        return Judgement::failed(found, remedy);
    }
    match further.is_empty() {
        true => Judgement::ok("all of it holds"),
        false => Judgement::ok(format!(
            "all that is needed holds; not {}, which a newer kernel has",
            further.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn exposition(missing: &[&str]) -> String {
        let line = |mechanism: Mechanism| {
            let name = mechanism.as_str();
            let holds = u8::from(!missing.contains(&name));
            format!("{METRIC}stage=\"ocr\",mechanism=\"{name}\"}} {holds}\n")
        };
        Mechanism::ALL.into_iter().map(line).collect()
    }

    fn verdict(missing: &[&str]) -> Verdict {
        judge(StageName::Ocr, &walls(&exposition(missing)), None).verdict
    }

    #[test]
    fn what_is_needed_has_to_hold() {
        assert_eq!(verdict(&[]), Verdict::Ok);
        assert_eq!(verdict(&["landlock_network"]), Verdict::Ok);
        assert_eq!(verdict(&["seccomp"]), Verdict::Failed);
    }

    #[test]
    fn of_several_services_the_one_without_a_wall_counts() {
        let both = format!("{}{}", exposition(&[]), exposition(&["seccomp"]));
        let judged = judge(StageName::Ocr, &walls(&both), Some(Sandbox::BestEffort));
        assert_eq!((judged.verdict, &*judged.found), (Verdict::Failed, "without seccomp"));
    }

    #[test]
    fn a_stage_of_which_nothing_is_said_is_skipped() {
        let judged = judge(StageName::Preprocess, &walls(&exposition(&[])), None);
        assert_eq!(judged.verdict, Verdict::Skipped);
    }
}
