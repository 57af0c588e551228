//! The fingerprint of a public key.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use webpki::EndEntityCert;

/// The SHA-256 of a certificate's public key: of the DER encoding of its `SubjectPublicKeyInfo`, as in
/// [RFC 7469](https://www.rfc-editor.org/rfc/rfc7469#section-2.4). A certificate that is made anew for the same
/// key keeps it.
///
/// Written as 64 hexadecimal digits; read with colons or spaces between them, and with `sha256:` in front, too.
/// The same digits come from
/// `openssl x509 -in FILE -noout -pubkey | openssl pkey -pubin -outform der | sha256sum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of the key in a certificate; `None` if that is no certificate of X.509.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = EndEntityCert::try_from(certificate).ok()?;
        let hash = digest(&SHA256, &certificate.subject_public_key_info());
        hash.as_ref().try_into().ok().map(Self)
    }
}

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = match text.split_at_checked("sha256:".len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("sha256:") => rest,
            _ => text,
        };
        let mut digits = text.chars().filter(|c| !matches!(c, ':' | ' '));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let mut digit =
                || digits.next().and_then(|c| c.to_digit(16)).ok_or(ParseFingerprintError);
            // Two digits are a byte.
            *byte = u8::try_from(digit()? * 16 + digit()?).map_err(|_| ParseFingerprintError)?;
        }
        digits.next().is_none().then_some(Self(bytes)).ok_or(ParseFingerprintError)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text was no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected the SHA-256 of a public key: 64 hexadecimal digits")]
pub struct ParseFingerprintError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_what_other_tools_write() {
        let digits = "00112233445566778899aabbccddeeff".repeat(2);
        let fingerprint: Fingerprint = digits.parse().unwrap();
        assert_eq!(fingerprint.to_string(), format!("sha256:{digits}"));
        let upper = digits.to_uppercase();
        let pairs: Vec<_> =
            upper.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
        for text in [format!("SHA256:{upper}"), pairs.join(":"), format!(" {} \n", pairs.join(" "))]
        {
            assert_eq!(text.parse(), Ok(fingerprint), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_too_short_too_long_or_no_number() {
        for text in
            ["", "sha256:", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(32)]
        {
            assert_eq!(text.parse::<Fingerprint>(), Err(ParseFingerprintError), "{text:?}");
        }
    }
}
