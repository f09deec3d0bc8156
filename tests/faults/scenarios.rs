//! What can go wrong, one function each.

mod brokers;
mod cluster;
mod documents;
mod erasure;
mod killed;
mod limits;
mod messages;
mod network;
mod operation;
mod workers;

use futures_util::future::LocalBoxFuture;

use crate::lab::{Given, Outcome};

/// One thing that goes wrong.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Whether CI has time for it; the rest is run by `scripts/faults`.
    pub(crate) in_ci: bool,
    /// Whether it needs a second build.
    pub(crate) needs_next: bool,
    pub(crate) run: fn(Given) -> LocalBoxFuture<'static, Outcome>,
}

macro_rules! scenarios {
    ($($when:ident $module:ident::$name:ident),+ $(,)?) => {
        /// All of them, in the order of the table in docs/faults.md.
        pub(crate) const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: stringify!($name),
            in_ci: when::$when == when::CI,
            needs_next: when::$when == when::NEXT,
            run: |given| Box::pin($module::$name(given)),
        }),+];
    };
}

/// When a scenario is run.
#[expect(non_upper_case_globals, reason = "they are the first words of the rows below")]
mod when {
    /// Also in CI.
    pub(super) const ci: u8 = 0;
    pub(super) const CI: u8 = ci;
    /// When everything is run.
    pub(super) const all: u8 = 1;
    /// When there is a build of another message version.
    pub(super) const next: u8 = 2;
    pub(super) const NEXT: u8 = next;
}

scenarios! {
    ci killed::gateway_killed_before_storing,
    ci killed::gateway_killed_before_the_status,
    ci killed::gateway_killed_before_the_job,
    ci killed::gateway_killed_before_answering,
    ci killed::stages_killed_on_receiving,
    ci killed::stages_killed_after_claiming,
    ci killed::stages_killed_in_the_middle_of_an_object,
    ci killed::stages_killed_before_handing_on,
    ci killed::stages_killed_after_handing_on,
    ci killed::stages_killed_after_advancing,
    ci killed::stages_killed_before_acknowledging,
    ci killed::jobs_outlive_their_services,
    ci killed::no_service_at_the_last_attempt,
    ci workers::workers_killed,
    ci workers::workers_stopped,
    ci workers::workers_out_of_memory,
    ci operation::services_stopped_for_two_leases,
    ci operation::rolling_restart,
    ci operation::clocks_apart,
    all operation::credentials_revoked,
    all operation::slow_and_dead_subscribers,
    next operation::versions_side_by_side,
    ci brokers::broker_restarted,
    ci brokers::broker_killed_ten_times,
    ci brokers::disk_full,
    ci brokers::broker_lost_and_restored,
    ci cluster::stream_leader_killed,
    all cluster::consumer_leader_killed,
    all cluster::meta_leader_killed,
    ci cluster::node_partitioned,
    all cluster::two_nodes_down,
    all cluster::each_node_killed_under_load,
    all network::slow_network,
    ci network::lossy_network,
    ci network::half_open_connections,
    ci network::connections_cut,
    ci documents::work_object_missing,
    ci documents::work_object_corrupted,
    all documents::original_missing,
    ci erasure::erased_in_flight,
    all erasure::erased_while_stages_die,
    all erasure::erased_while_the_gateway_dies,
    ci messages::jobs_published_twice_and_replayed,
    ci messages::strange_messages,
    ci messages::status_contended,
    ci limits::first_queue_full,
    ci limits::uploads_full,
}
