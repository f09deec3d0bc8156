//! Whether the broker's disk has what its streams may still need.

use common::jetstream::survey::DiskShare;

use super::super::check::Judgement;
use crate::command::table::bytes;

/// Judges what the account has, and what is free on the disk of a broker on this machine.
pub(in super::super) fn judge(share: &DiskShare, free: Option<u64>) -> Judgement {
    const REMEDY: &str = "give the broker the disk that its streams reserve, or make \
                          retention.uploads_max_bytes and retention.work_max_bytes smaller and run \
                          `invoice-ocr topology apply`";
    let DiskShare { used, reserved, limit } = *share;
    if let Some(limit) = limit
        && reserved > limit
    {
        let found = format!("{} reserved, the account has {}", bytes(reserved), bytes(limit));
        return Judgement::failed(found, REMEDY);
    }
    let found = format!("{} used of {} reserved", bytes(used), bytes(reserved));
    let to_come = reserved.saturating_sub(used);
    match free {
        Some(free) if free < to_come => {
            Judgement::warning(format!("{found}, {} free on its disk", bytes(free)), REMEDY)
        }
        Some(free) => Judgement::ok(format!("{found}, {} free on its disk", bytes(free))),
        None => Judgement::ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn what_is_reserved_has_to_be_there() {
        let share = |limit| DiskShare { used: 4 * GB, reserved: 20 * GB, limit };
        for (limit, free, verdict) in [
            (None, None, Verdict::Ok),
            (None, Some(16 * GB), Verdict::Ok),
            (None, Some(15 * GB), Verdict::Warning),
            (Some(20 * GB), None, Verdict::Ok),
            (Some(19 * GB), Some(99 * GB), Verdict::Failed),
        ] {
            assert_eq!(judge(&share(limit), free).verdict, verdict, "{limit:?} {free:?}");
        }
    }
}
