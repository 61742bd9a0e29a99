//! Attempts that are not made, or that end before their handler does.

use super::*;

#[test]
fn unknown_names_and_undecodable_payloads_are_buried() {
    let mut unknown = lease();
    unknown.envelope.name = TaskName::try_from("tasks.triple".to_owned()).expect("a name");
    let mut undecodable = lease();
    undecodable.envelope.payload = Payload::from_bytes(b"\x80\x04pickled".to_vec());

    assert_eq!(
        buried(verdict(0, Ok(()), &unknown)),
        "no handler for the task name tasks.triple"
    );
    assert!(
        buried(verdict(0, Ok(()), &undecodable))
            .starts_with("the payload is not [args, kwargs, embed] in JSON")
    );
}

#[test]
fn what_expired_is_not_begun() {
    let mut late = lease();
    late.envelope.expires_at = Some(at(10));

    assert_eq!(verdict(9, Ok(()), &late), Verdict::Done(json!(42)));
    assert_eq!(
        buried(verdict(10, Ok(()), &late)),
        "it expired before it was begun"
    );
}

#[test]
fn three_crashes_bury_and_two_do_not() {
    let crashed_before = |crashes| Lease { crashes, ..lease() };

    assert_eq!(
        verdict(0, Ok(()), &crashed_before(2)),
        Verdict::Done(json!(42))
    );
    assert_eq!(
        buried(verdict(0, Ok(()), &crashed_before(3))),
        "it brought down its worker 3 times"
    );
    assert!(matches!(
        crashed(&crashed_before(1), reason()),
        Outcome::Crashed(_, _)
    ));
    assert_eq!(
        buried(crashed(&crashed_before(2), reason()).verdict()),
        "it crashed 3 times, at last: the line is dead"
    );
}

#[test]
fn what_outran_its_limit_is_tried_again_unless_a_foreign_producer_sent_it() {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(0));
    let router = Router::default().route(Doubler(Ok(())));

    let limit = FailureKind::TimeLimit(Duration::from_millis(1500));
    let outcome = |lease: &Lease| timed_out(&router, &clock, WORKER, lease, limit);
    let words = "it exceeded its time limit of 1.5 s";

    assert!(matches!(outcome(&lease()), Outcome::Retry(_, reason) if reason.as_str() == words));

    let mut pythons = lease();
    pythons.envelope.key = None;
    let failure = Failure::new(limit, words);
    assert_eq!(outcome(&pythons), Outcome::Failed(failure));
}
