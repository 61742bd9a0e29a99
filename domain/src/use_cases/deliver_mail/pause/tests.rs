//! When mails go, and for how long they do not.

use super::*;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
const A_MINUTE: Duration = Duration::from_mins(1);

fn at(seconds: i64) -> DateTime<Utc> {
    START + TimeDelta::seconds(seconds)
}

fn said(words: &str) -> Reason {
    Reason::new(words)
}

/// How long a mail that comes at `now`, the first of many, has to wait; `None` when it goes.
fn wait(pause: &Pause, now: i64) -> Option<u64> {
    pause.wait(at(now), 0).map(|held| held.wait.as_secs())
}

fn pass(pause: &Pause, now: i64) -> Pass {
    pause.enter(at(now), 0).expect("the mail may go")
}

/// A pause that began at the start and lasts a minute.
fn begun() -> Pause {
    let pause = Pause::default();
    pass(&pause, 0).failed(START, A_MINUTE, said("535 no"));
    pause
}

#[test]
fn mails_go_until_the_provider_refuses_everybody() {
    let pause = Pause::default();
    let (mut first, second) = (pass(&pause, 0), pass(&pause, 0));
    assert!(!first.went(), "nothing had to end");

    let change = second.failed(START, A_MINUTE, said("535 no"));

    let Change::Begun(hold) = change else {
        panic!("{change:?}")
    };
    assert_eq!((hold.since, hold.until()), (START, at(60)));
    assert_eq!((wait(&pause, 0), wait(&pause, 59)), (Some(60), Some(1)));
    let refused = pause.enter(at(1), 0).expect_err("nobody goes");
    assert_eq!(refused.reason, said("535 no"));
}

#[test]
fn after_the_pause_one_mail_goes_first_and_the_rest_follow_it() {
    let pause = begun();

    let mut trial = pass(&pause, 60);
    assert_eq!(wait(&pause, 60), Some(WHILE_TRYING.as_secs()));
    assert!(trial.went(), "the pause is over");

    assert!(!pass(&pause, 61).went());
    assert_eq!(wait(&pause, 61), None);
}

#[test]
fn each_trial_that_fails_doubles_the_pause_up_to_four_times_and_a_quarter_of_an_hour() {
    assert_eq!(minutes_of_pauses(A_MINUTE), [2, 4, 4, 4]);
    assert_eq!(minutes_of_pauses(5 * A_MINUTE), [10, 15, 15, 15]);
}

/// How long pauses become of which each is asked to be so long.
fn minutes_of_pauses(asked: Duration) -> Vec<u64> {
    let pause = Pause::default();
    pass(&pause, 0).failed(START, asked, said("535 no"));
    let mut now = i64::try_from(asked.as_secs()).expect("short");
    let mut waits = Vec::new();
    for _ in 0..4 {
        let change = pass(&pause, now).failed(at(now), asked, said("535 still no"));
        let Change::GoesOn(hold) = change else {
            panic!("{change:?}")
        };
        assert_eq!(hold.since, START, "since the first refusal");
        let length = wait(&pause, now).expect("held");
        waits.push(length / 60);
        now += i64::try_from(length).expect("short");
    }
    waits
}

#[test]
fn a_provider_that_asks_for_more_gets_more() {
    let pause = begun();
    let asked = Duration::from_hours(1);

    pass(&pause, 60).failed(at(60), asked, said("quota"));

    assert_eq!(wait(&pause, 60), Some(3600));
}

#[test]
fn a_mail_that_was_under_way_lengthens_the_pause_only_if_more_is_asked_for() {
    let pause = Pause::default();
    let [first, second, third] = [0, 0, 0].map(|now| pass(&pause, now));
    first.failed(START, A_MINUTE, said("535 no"));

    let same = second.failed(at(1), A_MINUTE / 2, said("535 no"));
    assert_eq!((same, wait(&pause, 1)), (Change::Nothing, Some(59)));

    let more = third.failed(at(1), 2 * A_MINUTE, said("quota"));
    assert!(matches!(more, Change::GoesOn(_)), "{more:?}");
    assert_eq!(wait(&pause, 1), Some(120));
}

#[test]
fn a_mail_that_was_under_way_neither_ends_a_pause_nor_disturbs_a_trial() {
    let pause = Pause::default();
    let [first, mut second, third] = [0, 0, 0].map(|now| pass(&pause, now));
    first.failed(START, A_MINUTE, said("421 no"));

    assert!(!second.went());
    assert_eq!(wait(&pause, 1), Some(59));

    let _trial = pass(&pause, 60);
    let change = third.failed(at(60), A_MINUTE, said("421 no"));
    assert_eq!(change, Change::Nothing);
    assert_eq!(wait(&pause, 60), Some(WHILE_TRYING.as_secs()));
}

#[test]
fn a_trial_without_an_outcome_leaves_the_trying_to_the_next() {
    let pause = begun();

    drop(pass(&pause, 60));

    let next = pass(&pause, 60);
    next.failed(at(60), A_MINUTE, said("535 still no"));
    assert_eq!(wait(&pause, 60), Some(120), "it still doubles");
}

#[test]
fn mails_that_waited_come_back_apart_and_never_early() {
    let pause = begun();
    let waits = [0, 500, 1000].map(|spread| pause.wait(START, spread).expect("held").wait);

    assert_eq!(waits.map(|wait| wait.as_secs()), [60, 66, 72]);
}

#[test]
fn a_clock_that_jumps_makes_no_pause_longer_than_it_was_meant() {
    let pause = begun();

    assert_eq!(wait(&pause, -86_400), Some(60), "back: it begins anew");
    assert_eq!(wait(&pause, -86_340), None);
    assert_eq!(wait(&begun(), 86_400), None, "forth: it is over");
    let no_time = Pause::default();
    pass(&no_time, 0).failed(START, Duration::MAX, said("never"));
    assert!(
        wait(&no_time, 0).is_some(),
        "no sum is too large to be made"
    );
}
