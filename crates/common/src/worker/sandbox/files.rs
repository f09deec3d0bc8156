//! What can be named: files, ports and processes (Landlock).

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope,
};

use crate::worker::sandbox::Mechanism;

/// Rights are asked for as this revision of Landlock has them; an older kernel knows fewer and
/// refuses those. The newest that the `landlock` crate knows.
const NEWEST: ABI = ABI::V10;

/// The first revision with TCP ports (Linux 6.7).
const WITH_NETWORK: ABI = ABI::V4;

/// The first revision with abstract sockets and signals (Linux 6.12).
const WITH_SCOPES: ABI = ABI::V6;

/// Refuses everything that Landlock knows, but to read below `read_later`. What of it holds.
pub(super) fn close(read_later: &[PathBuf]) -> Vec<Mechanism> {
    let Ok(status) = restrict(read_later) else { return Vec::new() };
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return Vec::new();
    };
    if status.ruleset == RulesetStatus::NotEnforced {
        return Vec::new();
    }
    let since = [
        (Mechanism::Files, ABI::V1),
        (Mechanism::Network, WITH_NETWORK),
        (Mechanism::Outside, WITH_SCOPES),
    ];
    let held = since.into_iter().filter(|(_, first)| effective_abi >= *first);
    held.map(|(mechanism, _)| mechanism).collect()
}

fn restrict(read_later: &[PathBuf]) -> Result<RestrictionStatus, RulesetError> {
    // No rule allows to write, to bind or to connect: what is handled and has no rule is refused.
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    // Not `from_read`, which would allow to execute.
    let reading: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    for folder in read_later {
        // A folder that is not there has nothing to be read.
        let Ok(opened) = PathFd::new(folder) else { continue };
        rules = rules.add_rule(PathBeneath::new(opened, reading))?;
    }
    rules.restrict_self()
}
