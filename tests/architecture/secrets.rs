//! How secrets are written down in the code.

use super::{files, read};

/// Types whose only field is a secret, and where they stand.
const SECRETS: [(&str, &str); 6] = [
    ("AccessToken", "domain/src/ports/token_source.rs"),
    ("TokenDigest", "domain/src/ports/token_source.rs"),
    ("PasswordHash", "domain/src/ports/password_hasher.rs"),
    ("Password", "domain/src/model/account.rs"),
    ("Secret", "adapters/src/mail/smtp/server.rs"),
    ("SecretKey", "bins/src/settings/secret_key.rs"),
];

/// What is derived for `name`.
fn derived<'a>(text: &'a str, name: &str) -> &'a str {
    let declared = text.find(&format!("pub struct {name}(")).unwrap();
    let attributes = text[..declared].rsplit("\n\n").next().unwrap();
    attributes.split("#[derive(").nth(1).unwrap_or_default()
}

#[test]
fn no_secret_shows_itself() {
    for (name, file) in SECRETS {
        let text = read(file);

        let derived = derived(&text, name);

        assert!(
            !derived.contains("Debug") && !derived.contains("Serialize"),
            "{name}"
        );
        for shown in ["fmt::Display", "Serialize", "Deref", "Into<String>"] {
            assert!(!text.contains(&format!("{shown} for {name} ")), "{name}");
        }
        assert!(text.contains(&format!("\"{name}(..)\"")), "{name}");
    }
}

/// Time tells how much of a guess was right where texts are compared from left to right. So
/// signatures are compared in constant time; passwords are Argon2's affair; and a token is
/// never compared: its digest is looked up, and from a digest no token follows.
#[test]
fn what_may_be_guessed_is_not_compared_from_left_to_right() {
    for (name, file) in SECRETS {
        let is_shown_by_clients = ["AccessToken", "Password"].contains(&name);
        let text = read(file);
        let is_comparable = derived(&text, name).contains("PartialEq");
        assert!(!is_shown_by_clients || !is_comparable, "{name}");
    }
    assert!(read("adapters/src/link_signer.rs").contains(".ct_eq(&signature)"));
    for path in files("adapters/src", "tokens.rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("reveal"), "{} sees tokens", path.display());
    }
}
