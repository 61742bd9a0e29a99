//! Every stage and reply, and who should do what next.

use super::*;

fn reply(text: &str) -> What {
    let (code, text) = text.split_at(3);
    What::Refused(Reply {
        code: code.parse().expect("a code"),
        lines: vec![text.trim().to_owned()],
    })
}

#[test]
fn replies_are_judged_by_stage_and_code() {
    use Judgement::{Permanent, Provider, Transient};
    use Stage::{
        Body, Connect, Data, Dot, Greeting, Handshake, Hello, Login, Recipient, Sender, StartTls,
    };
    assert!(Connect < Greeting && Handshake < Sender, "in their order");
    for (stage, said, meant) in [
        (Greeting, "421 too busy", Provider(BUSY)),
        (Greeting, "450 later", Provider(BUSY)),
        (Greeting, "554 no SMTP here", Provider(MISCONFIGURED)),
        (Hello, "421 4.3.2 going down", Provider(BUSY)),
        (Hello, "550 5.7.1 who are you", Provider(MISCONFIGURED)),
        (StartTls, "454 4.7.0 not now", Provider(BUSY)),
        (StartTls, "502 never", Provider(MISCONFIGURED)),
        (Login, "535 5.7.8 wrong", Provider(MISCONFIGURED)),
        (Login, "535 wrong", Provider(MISCONFIGURED)),
        (Login, "534 5.7.9 app password", Provider(MISCONFIGURED)),
        (Login, "538 5.7.11 encrypt", Provider(MISCONFIGURED)),
        (Login, "530 5.7.0 STARTTLS first", Provider(MISCONFIGURED)),
        (Login, "500 what?", Provider(MISCONFIGURED)),
        (Login, "454 4.7.0 too many", Provider(TOO_MANY_LOGINS)),
        (Login, "421 4.3.0 later", Provider(BUSY)),
        (Sender, "530 5.7.0 log in first", Provider(MISCONFIGURED)),
        (Sender, "421 4.7.0 later", Provider(BUSY)),
        (Sender, "421 4.7.28 too fast", Provider(QUOTA)),
        (Sender, "550 5.4.5 daily limit", Provider(QUOTA)),
        (Sender, "553 5.7.1 not yours", Provider(MISCONFIGURED)),
        (Sender, "550 5.7.26 DMARC", Provider(MISCONFIGURED)),
        (Sender, "501 5.1.7 bad sender", Provider(MISCONFIGURED)),
        (Sender, "452 4.3.1 disk full", Transient),
        (Sender, "451 4.7.1 greylisted", Transient),
        (Sender, "552 5.3.4 too large", Permanent),
        (Sender, "555 5.5.4 unknown parameter", Permanent),
        (Sender, "553 5.6.7 no SMTPUTF8", Permanent),
        (Recipient, "550 5.1.1 no such user", Permanent),
        (Recipient, "550 5.2.1 disabled", Permanent),
        (Recipient, "551 moved", Permanent),
        (Recipient, "553 5.1.3 bad address", Permanent),
        (Recipient, "550 5.7.1 policy", Permanent),
        (Recipient, "501 syntax", Permanent),
        (Recipient, "552 5.2.2 mailbox full", Transient),
        (Recipient, "552 full", Transient),
        (Recipient, "552 5.2.3 too large", Permanent),
        (Recipient, "554 5.7.1 Relay access denied", Transient),
        (Recipient, "550 5.1.1 <relay@a.example>: no", Permanent),
        (Recipient, "450 4.2.1 too fast", Transient),
        (Recipient, "451 4.3.0 later", Transient),
        (Recipient, "452 4.2.2 mailbox full", Transient),
        (Recipient, "452 4.5.3 too many recipients", Transient),
        (Recipient, "452 4.5.3 Daily limit", Provider(QUOTA)),
        (Recipient, "550 5.4.5 Daily limit", Provider(QUOTA)),
        (Recipient, "530 5.5.1 log in", Provider(MISCONFIGURED)),
        (Recipient, "421 4.3.0 later", Transient),
        (Data, "451 later", Transient),
        (Data, "554 5.5.1 no valid recipients", Permanent),
        (Data, "550 5.4.5 Daily limit", Provider(QUOTA)),
        (Body, "421 4.4.2 too slow", Transient),
        (Dot, "421 4.7.28 too fast", Provider(QUOTA)),
        (Dot, "550 5.4.5 Daily limit", Provider(QUOTA)),
        (Dot, "421 4.3.2 going down", Transient),
        (Dot, "451 4.3.0 later", Transient),
        (Dot, "552 5.2.2 mailbox full", Transient),
        (Dot, "552 5.3.4 too large", Permanent),
        (Dot, "550 5.7.26 DMARC", Permanent),
        (Dot, "554 5.7.1 spam", Permanent),
    ] {
        let what = reply(said);
        assert_eq!(judgement(&Trouble { stage, what }), meant, "{stage} {said}");
    }
}

#[test]
fn silence_is_the_servers_before_a_mail_was_named_and_doubtful_after_the_dot() {
    use Judgement::{Doubtful, Provider, Transient};
    for (stage, meant) in [
        (Stage::Lookup, Provider(AWAY)),
        (Stage::Connect, Provider(AWAY)),
        (Stage::Greeting, Provider(AWAY)),
        (Stage::Hello, Provider(AWAY)),
        (Stage::StartTls, Provider(AWAY)),
        (Stage::Handshake, Provider(AWAY)),
        (Stage::Login, Provider(AWAY)),
        (Stage::Sender, Transient),
        (Stage::Recipient, Transient),
        (Stage::Data, Transient),
        (Stage::Body, Transient),
        (Stage::Dot, Doubtful),
    ] {
        for what in [What::Closed, What::Silent(BUSY)] {
            assert_eq!(judgement(&Trouble { stage, what }), meant, "{stage}");
        }
    }
}

#[test]
fn what_fails_on_our_side_is_mended_by_a_person() {
    for (stage, meant) in [
        (Stage::StartTls, Judgement::Provider(MISCONFIGURED)),
        (Stage::Handshake, Judgement::Provider(MISCONFIGURED)),
        (Stage::Login, Judgement::Provider(MISCONFIGURED)),
        (Stage::Connect, Judgement::Provider(AWAY)),
    ] {
        let trouble = Trouble::failed(stage, "x");
        assert_eq!(judgement(&trouble), meant, "{stage}");
    }
    let too_large = Trouble::unfit(Stage::Sender, "too large");
    assert_eq!(judgement(&too_large), Judgement::Permanent);
}

#[test]
fn the_reason_names_the_stage_and_no_address() {
    for (stage, what, reason) in [
        (
            Stage::Recipient,
            reply("550 5.1.1 <ada@example.com>: unknown"),
            "the mail will never be taken: RCPT: 550 5.1.1 <***>: unknown",
        ),
        (
            Stage::Greeting,
            What::Silent(BUSY),
            "no mail can be sent at the moment: greeting: no answer within 60 s",
        ),
        (
            Stage::Dot,
            What::Closed,
            "nobody knows whether the mail was taken: final dot: the server closed the connection",
        ),
    ] {
        assert_eq!(judge(&Trouble { stage, what }).to_string(), reason);
    }
}
