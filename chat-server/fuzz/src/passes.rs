//! The messages of the log that several servers share: any bytes are a pass or an error.

use chat_cluster::pass::Pass;

/// Holds for every input.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    let Ok(pass) = Pass::decode(input) else { return };
    let again = pass.encode().expect("no longer than it was");
    assert_eq!(Pass::decode(&again).as_ref(), Ok(&pass));
}
