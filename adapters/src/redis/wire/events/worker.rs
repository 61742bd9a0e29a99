//! What a worker tells of itself.

use serde_json::json;

use super::Stamp;

/// That a worker is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerEvent {
    /// It has come.
    Online,
    /// It is still there.
    Heartbeat,
    /// It goes.
    Offline,
}

/// How a worker does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// How many seconds pass between two heartbeats.
    pub every: f64,
    /// How many tasks run.
    pub active: usize,
    /// How many were begun.
    pub processed: u64,
    /// The load of its machine: of a minute, of five, of fifteen.
    pub load: [f64; 3],
}

impl WorkerEvent {
    /// The routing key it goes by.
    pub fn routing_key(self) -> &'static str {
        match self {
            Self::Online => "worker.online",
            Self::Heartbeat => "worker.heartbeat",
            Self::Offline => "worker.offline",
        }
    }

    /// The event as JSON.
    pub fn write(self, vitals: &Vitals, stamp: &Stamp<'_>) -> String {
        let fields = json!({
            "freq": vitals.every,
            "active": vitals.active,
            "processed": vitals.processed,
            "loadavg": vitals.load,
            "sw_ident": "backbeat",
            "sw_ver": env!("CARGO_PKG_VERSION"),
            "sw_sys": "Linux",
        });
        stamp.on(&self.routing_key().replace('.', "-"), fields)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_heartbeat_says_how_the_worker_does() {
        let stamp = Stamp {
            node: "alpha@host1",
            pid: 7,
            clock: 12,
            at: DateTime::UNIX_EPOCH,
        };
        let vitals = Vitals {
            every: 2.0,
            active: 1,
            processed: 3,
            load: [0.5, 0.25, 0.0],
        };

        let event = WorkerEvent::Heartbeat.write(&vitals, &stamp);

        let event: Value = serde_json::from_str(&event).expect("JSON");
        assert_eq!(
            event,
            json!({
                "type": "worker-heartbeat", "hostname": "alpha@host1", "pid": 7, "clock": 12,
                "timestamp": 0.0, "freq": 2.0, "active": 1, "processed": 3,
                "loadavg": [0.5, 0.25, 0.0], "sw_ident": "backbeat",
                "sw_ver": env!("CARGO_PKG_VERSION"), "sw_sys": "Linux",
            })
        );
    }
}
