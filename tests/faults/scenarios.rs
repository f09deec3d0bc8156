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

/// When a scenario is run, besides when it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Also in CI.
    Ci,
    /// By `scripts/faults`; CI has no time for it.
    All,
    /// Likewise, and only where there is a build of another message version.
    Next,
}

/// One thing that goes wrong.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) when: When,
    pub(crate) run: fn(Given) -> LocalBoxFuture<'static, Outcome>,
}

macro_rules! scenarios {
    ($($when:ident $module:ident::$name:ident),+ $(,)?) => {
        /// All of them, in the order of the table in docs/faults.md.
        pub(crate) const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: stringify!($name),
            when: When::$when,
            run: |given| Box::pin($module::$name(given)),
        }),+];
    };
}

scenarios! {
    Ci killed::gateway_killed_before_storing,
    Ci killed::gateway_killed_before_the_status,
    Ci killed::gateway_killed_before_the_job,
    Ci killed::gateway_killed_before_answering,
    Ci killed::stages_killed_on_receiving,
    Ci killed::stages_killed_after_claiming,
    Ci killed::stages_killed_in_the_middle_of_an_object,
    Ci killed::stages_killed_before_handing_on,
    Ci killed::stages_killed_after_handing_on,
    Ci killed::stages_killed_after_advancing,
    Ci killed::stages_killed_before_acknowledging,
    Ci killed::jobs_outlive_their_services,
    Ci killed::no_service_at_the_last_attempt,
    Ci workers::workers_killed,
    Ci workers::workers_stopped,
    Ci workers::workers_out_of_memory,
    Ci workers::workers_looping,
    All workers::workers_leaking,
    Ci operation::services_stopped_for_two_leases,
    Ci operation::rolling_restart,
    Ci operation::clocks_apart,
    All operation::credentials_revoked,
    All operation::slow_and_dead_subscribers,
    Next operation::versions_side_by_side,
    Ci brokers::broker_restarted,
    Ci brokers::broker_killed_ten_times,
    Ci brokers::disk_full,
    Ci brokers::broker_lost_and_restored,
    Ci cluster::stream_leader_killed,
    All cluster::consumer_leader_killed,
    All cluster::meta_leader_killed,
    Ci cluster::node_partitioned,
    All cluster::two_nodes_down,
    All cluster::each_node_killed_under_load,
    All network::slow_network,
    Ci network::lossy_network,
    Ci network::half_open_connections,
    Ci network::connections_cut,
    Ci documents::work_object_missing,
    Ci documents::work_object_corrupted,
    All documents::original_missing,
    Ci erasure::erased_in_flight,
    All erasure::erased_while_stages_die,
    All erasure::erased_while_the_gateway_dies,
    Ci messages::jobs_published_twice_and_replayed,
    Ci messages::strange_messages,
    Ci messages::status_contended,
    Ci limits::first_queue_full,
    Ci limits::uploads_full,
}
