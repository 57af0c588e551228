//! The hash of a word: argon2id, by the values that the crate proposes (19 MiB, two passes, one lane).

use std::sync::Arc;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use chat_protocol::account::{AccountError, Word};

/// The hash of a word, with a salt of its own, in the PHC string format.
pub(crate) fn hash(word: &Word) -> Result<Arc<str>, AccountError> {
    // It fails without random numbers.
    let hash = Argon2::default().hash_password(word.reveal().as_bytes());
    hash.map(|hash| hash.to_string().into()).map_err(|_| AccountError::NotStored)
}

/// Returns whether this is a hash of the word.
pub(crate) fn is_hash_of(hash: &str, word: &Word) -> bool {
    let word = word.reveal().as_bytes();
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(word, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_3_a_word_is_kept_as_a_salted_hash_of_argon2id() {
        let [word, other]: [Word; 2] =
            ["contraseña", "contrasena"].map(|word| word.parse().unwrap());
        let [one, two] = [(); 2].map(|()| hash(&word).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two, "two salts");
        assert!(is_hash_of(&one, &word) && is_hash_of(&two, &word));
        assert!(!is_hash_of(&one, &other) && !is_hash_of("", &word));
    }
}
