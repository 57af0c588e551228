//! Catalogue of all checks.

use crate::checks::check::{Check, Side};
use crate::checks::{client, server};

/// The checks of one side, ordered so that each comes after those that it needs.
pub(crate) fn checks(side: Side) -> Vec<&'static Check> {
    match side {
        Side::Server => server::CHECKS.concat(),
        Side::Client => client::CHECKS.concat(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::verdict::Level;

    #[test]
    fn checks_have_names_of_their_own_and_words() {
        for side in [Side::Server, Side::Client] {
            let mut before = BTreeSet::new();
            for check in checks(side) {
                let texts = [check.title, check.explanation];
                assert!(texts.iter().all(|t| !t.es.is_empty() && !t.en.is_empty()), "{}", check.id);
                assert!(check.requirement().is_some(), "{}", check.id);
                // A check that is made only on demand is no MUST of this project's.
                assert!(!check.profiles.is_empty() || check.level == Level::Should, "{}", check.id);
                let missing = check.needs.iter().find(|need| !before.contains(*need));
                assert_eq!(
                    missing, None,
                    "{} needs a check that does not come before it",
                    check.id
                );
                assert!(before.insert(check.id), "two checks are called {}", check.id);
            }
        }
    }
}
