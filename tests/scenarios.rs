//! Stories, from a request to a mail.
