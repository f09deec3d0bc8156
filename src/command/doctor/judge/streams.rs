//! How full streams are, and whether their copies are there.

use common::jetstream::names;
use common::jetstream::survey::StreamLevel;
use common::object::Bucket;

use super::super::check::Judgement;

/// Share of its limit from which on somebody should look.
const FILLING: f64 = 0.8;

/// Share from which on a stream counts as full: a few large messages more, and it is.
const FULL: f64 = 0.95;

/// What is pushed out of these makes room for what comes, so that they are never full.
const THOSE_THAT_MAKE_ROOM: [&str; 3] =
    [names::DEAD_STREAM, names::AUDIT_STREAM, "INVOICE_ADVISORIES"];

/// How full a stream is, 0 to 1; `None` without a limit.
pub(in super::super) fn share(level: &StreamLevel) -> Option<f64> {
    let limit = level.max_bytes.filter(|limit| *limit > 0)?;
    Some(level.bytes as f64 / limit as f64)
}

/// Judges the room that all streams have.
pub(in super::super) fn room(levels: &[StreamLevel]) -> Judgement {
    let mut shares: Vec<(&str, f64)> =
        levels.iter().filter_map(|level| Some((&*level.name, share(level)?))).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let told = |least: f64| {
        let of_them = shares.iter().filter(|(_, share)| *share >= least);
        let words = of_them.map(|(name, share)| format!("{name} {:.0} %", share * 100.0));
        words.collect::<Vec<_>>().join(", ")
    };
    let full =
        shares.iter().any(|(name, share)| *share >= FULL && !THOSE_THAT_MAKE_ROOM.contains(name));
    let filling = told(FILLING);
    let remedy = "nats/README.md, \"When something is full\", says what fills it and how it ends";
    match shares.first() {
        _ if full => Judgement::failed(format!("no room left: {filling}"), remedy),
        _ if !filling.is_empty() => Judgement::warning(format!("filling up: {filling}"), remedy),
        Some((name, share)) => {
            Judgement::ok(format!("the fullest is {name} with {:.0} %", share * 100.0))
        }
        None => Judgement::skipped("no stream says how much it takes"),
    }
}

/// How full the store of work in progress is, 0 to 1.
pub(in super::super) fn work(levels: &[StreamLevel]) -> Option<f64> {
    let name = names::object_stream(Bucket::Work);
    levels.iter().find(|level| level.name == name).and_then(share)
}

/// Judges the copies of all streams. `clustered`: whether the broker is one of several.
pub(in super::super) fn copies(levels: &[StreamLevel], clustered: bool) -> Judgement {
    let named = |fits: fn(&StreamLevel) -> bool| -> Vec<&str> {
        levels.iter().filter(|level| fits(level)).map(|level| &*level.name).collect()
    };
    let leaderless = named(|level| level.leader.is_none());
    if !leaderless.is_empty() {
        let found = format!("no leader for {}", leaderless.join(", "));
        return Judgement::failed(found, "a majority of the broker's servers has to run");
    }
    let thin = named(|level| majority(level) > there(level));
    if !thin.is_empty() {
        let found = format!("no majority of copies of {}", thin.join(", "));
        return Judgement::failed(found, "a majority of the broker's servers has to run");
    }
    let behind = named(|level| level.peers.iter().any(|peer| peer.offline || !peer.current));
    if !behind.is_empty() {
        let away: std::collections::BTreeSet<&str> = levels
            .iter()
            .flat_map(|level| &level.peers)
            .filter(|peer| peer.offline || !peer.current)
            .map(|peer| &*peer.name)
            .collect();
        let servers = away.into_iter().collect::<Vec<_>>().join(", ");
        let found = format!("{servers} away or behind, of {} streams", behind.len());
        return Judgement::warning(found, "one more server down, and nothing is stored any more");
    }
    match levels.iter().map(|level| level.replicas).min() {
        Some(1) if clustered => Judgement::warning(
            "one copy of each, in a cluster",
            "broker.replicas = 3 and `invoice-ocr topology apply` let a server fail",
        ),
        Some(1) => Judgement::ok("one copy of each, on a server that is alone"),
        Some(least) => Judgement::ok(format!("{least} copies of each, all there")),
        None => Judgement::skipped("no stream"),
    }
}

fn there(level: &StreamLevel) -> u64 {
    1 + level.peers.iter().filter(|peer| !peer.offline).count() as u64
}

fn majority(level: &StreamLevel) -> u64 {
    level.replicas / 2 + 1
}

#[cfg(test)]
mod tests {
    use common::jetstream::survey::Peer;

    use super::*;
    use crate::command::doctor::check::Verdict;

    fn level(name: &str, bytes: u64) -> StreamLevel {
        StreamLevel {
            name: name.to_owned(),
            messages: 1,
            bytes,
            max_bytes: Some(100),
            replicas: 1,
            leader: Some("n1".to_owned()),
            peers: Vec::new(),
            answered_at: None,
        }
    }

    #[test]
    fn the_fullest_stream_decides() {
        let room = |events: u64, dead: u64| {
            room(&[level(names::EVENTS_STREAM, events), level(names::DEAD_STREAM, dead)]).verdict
        };
        assert_eq!(room(10, 79), Verdict::Ok);
        assert_eq!(room(80, 0), Verdict::Warning);
        assert_eq!(room(95, 0), Verdict::Failed);
        assert_eq!(room(0, 100), Verdict::Warning, "the oldest letters make room");
        let unlimited = StreamLevel { max_bytes: None, ..level("S", 5) };
        assert_eq!(super::room(&[unlimited]).verdict, Verdict::Skipped);
    }

    fn copied(peers: &[(bool, bool)]) -> StreamLevel {
        let peer = |(number, (current, offline)): (usize, &(bool, bool))| Peer {
            name: format!("n{}", number + 2),
            current: *current,
            offline: *offline,
        };
        let peers = peers.iter().enumerate().map(peer).collect();
        StreamLevel { replicas: 3, peers, ..level("S", 1) }
    }

    #[test]
    fn copies_are_there_behind_or_too_few() {
        let judged = |level: StreamLevel| copies(&[level], true).verdict;
        assert_eq!(judged(copied(&[(true, false), (true, false)])), Verdict::Ok);
        assert_eq!(judged(copied(&[(true, false), (false, false)])), Verdict::Warning);
        assert_eq!(judged(copied(&[(true, false), (false, true)])), Verdict::Warning);
        assert_eq!(judged(copied(&[(false, true), (false, true)])), Verdict::Failed);
        let leaderless = StreamLevel { leader: None, ..level("S", 1) };
        assert_eq!(judged(leaderless), Verdict::Failed);
    }

    #[test]
    fn one_copy_is_enough_for_a_server_that_is_alone() {
        assert_eq!(copies(&[level("S", 1)], false).verdict, Verdict::Ok);
        assert_eq!(copies(&[level("S", 1)], true).verdict, Verdict::Warning);
        assert_eq!(copies(&[], true).verdict, Verdict::Skipped);
    }
}
