//! How the work goes, for RIVM-beheer.

use super::{OrBroken, Portal, broken, brp_age, words};
use crate::clock::dutch_midnight;
use crate::store::{StoreError, brp_loads, operations, worker_tx};
use app::ports::operations::{
    CameBy, LeftOutView, OnTheWay, Operations, OperationsView, QueueView, TroubleView,
};
use app::ports::{Caller, PortError, PortResult};
use domain::delivery::Channel;
use time::Duration;

/// Jobs in trouble that are shown.
const TROUBLE: i64 = 20;
/// How long rows that were left out are shown.
const LEFT_OUT: Duration = Duration::days(7);

#[async_trait::async_trait]
impl Operations for Portal {
    async fn operations(&self, caller: &Caller) -> PortResult<OperationsView> {
        if !caller.role().may_operate() {
            return Err(PortError::NotFound);
        }
        let now = self.road.clock.now();
        let room = self.road.blobs.room();
        let room = room.map_err(|error| broken(caller, &error.kind()))?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let queues = operations::queues(&mut tx).await.or_broken(caller)?;
        let on_the_way = operations::on_the_way(&mut tx).await.or_broken(caller)?;
        let came = operations::came(&mut tx, dutch_midnight(now))
            .await
            .or_broken(caller)?;
        let trouble = operations::trouble(&mut tx, TROUBLE)
            .await
            .or_broken(caller)?;
        let left_out = operations::left_out(&mut tx, now - LEFT_OUT, TROUBLE)
            .await
            .or_broken(caller)?;
        let in_the_box = operations::in_the_box(&mut tx).await.or_broken(caller)?;
        let brp = brp_age(&mut tx, now).await.or_broken(caller)?;
        let brp_gaps = brp_loads::missing(&mut tx).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let lag = |queue: &operations::Queue| {
            let waited = queue.oldest.map(|oldest| (now - oldest).whole_seconds());
            waited.map_or(0, |seconds| u64::try_from(seconds).unwrap_or_default())
        };
        let queues = queues.iter().map(|queue| QueueView {
            kind: queue.kind.clone(),
            waiting: number(queue.waiting),
            working: number(queue.working),
            failed: number(queue.failed),
            lag: lag(queue),
        });
        let on_the_way = on_the_way.into_iter().map(|some| OnTheWay {
            state: some.state,
            deliveries: number(some.deliveries),
            oldest: words::moment(some.oldest),
        });
        let came = came.iter().map(came_by).collect::<Result<_, _>>();
        let trouble = trouble.into_iter().map(|job| TroubleView {
            kind: job.kind,
            subject: job.subject,
            attempts: u32::try_from(job.attempts).unwrap_or_default(),
            why: job.why.unwrap_or_default(),
            failed: job.failed,
            since: words::moment(job.since),
        });
        let left_out = left_out.into_iter().map(|row| LeftOutView {
            delivery: row.delivery,
            row: u32::try_from(row.row).unwrap_or_default(),
            why: row.why,
            since: words::moment(row.at),
        });
        Ok(OperationsView {
            queues: queues.collect(),
            on_the_way: on_the_way.collect(),
            came: came.or_broken(caller)?,
            trouble: trouble.collect(),
            left_out: left_out.collect(),
            in_the_box: number(in_the_box),
            brp,
            brp_gaps,
            room: (room.free, room.total),
        })
    }
}

fn came_by(came: &operations::Came) -> Result<CameBy, StoreError> {
    let odd = || StoreError::Broken("channel".to_owned());
    Ok(CameBy {
        channel: Channel::parse(&came.channel).ok_or_else(odd)?,
        last: words::moment(came.last),
        deliveries: number(came.deliveries),
        rows: u64::try_from(came.rows).unwrap_or_default(),
        refused: u64::try_from(came.refused).unwrap_or_default(),
    })
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}
