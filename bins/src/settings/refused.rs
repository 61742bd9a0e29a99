//! Settings that Backbeat will have and this version has not: set, they are an error, not a silence.

use super::reader::Reader;

const NO_REDIS: &str = "this version does not use Redis yet, tasks wait in the database; remove it";

/// The names, each with the reason that an operator reads.
const REFUSED: [(&str, &str); 1] = [("REDIS_URL", NO_REDIS)];

/// Complains about each of them that is set.
pub(super) fn refuse(read: &mut Reader) {
    for (name, why) in REFUSED {
        read.refuse(name, why);
    }
}
