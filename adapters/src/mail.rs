//! Where mails go.
