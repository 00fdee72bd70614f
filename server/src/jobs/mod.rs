//! The queue of work: lease, heartbeat, fence.
