//! Ids that nobody gave.

use uuid::Uuid;

/// Where ids made of other ids live among all UUIDs (RFC 9562, 5.5).
const NAMESPACE: Uuid = Uuid::from_u128(0x1f6c_2d0a_8b57_5c3e_9a41_e07d_b6f2_3c95);

/// Makes the same ids in the same order for the same seed.
#[derive(Debug)]
pub(super) struct Ids {
    seed: String,
    made: u64,
}

impl Ids {
    pub(super) fn new(seed: String) -> Self {
        Self { seed, made: 0 }
    }

    pub(super) fn next(&mut self) -> String {
        let name = format!("{}/{}", self.seed, self.made);
        self.made += 1;
        Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
    }
}
