//! Why what is to be done next cannot be understood.

use domain::model::ValueError;

/// Why what is to be done next cannot be understood, or is too much.
#[derive(Debug, thiserror::Error)]
pub enum CanvasError {
    /// It stands where a signature has to.
    #[error("what follows the task is not a signature")]
    NoSignature,
    /// The signature is of a kind that Celery does not have.
    #[error("signatures of the kind {0:?} are not known")]
    UnknownKind(String),
    /// An argument or an option is of another kind than it has to be.
    #[error("{0} of a signature is not of the kind it has to be")]
    NotOfItsKind(String),
    /// A name in it breaks the rule for names.
    #[error("the {what} of a signature {error}")]
    Name {
        /// Which name.
        what: &'static str,
        /// Which rule.
        error: ValueError,
    },
    /// The body of the message is not what Celery sends.
    #[error("the body of the message is not [args, kwargs, embed] in JSON")]
    NoBody,
    /// It would make more messages, or longer ones, than anything of use.
    #[error("what follows the task is too much to send")]
    TooMuch,
}
