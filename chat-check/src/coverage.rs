//! Which requirements no check can see, and why.

use crate::requirement::Number;
use crate::text::Text;

/// The requirements that no check looks at, each with its reason.
pub const UNSEEN: &[(Number, Text)] = &[(
    Number(8, 6),
    Text {
        es: "Con qué opciones se dan los tiempos es cosa de cada programa; el curso no las fija.",
        en: "With which options times are given is each program's own; the course fixes none.",
    },
)];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::{Check, Side, checks};
    use crate::requirement;

    fn all() -> Vec<&'static Check> {
        [Side::Server, Side::Client].into_iter().flat_map(checks).collect()
    }

    #[test]
    fn every_check_has_a_requirement() {
        let known: BTreeSet<Number> = requirement::all().iter().map(|r| r.number).collect();
        for check in all() {
            let number = check.requirement().expect(check.id);
            assert!(known.contains(&number), "{} is of no requirement", check.id);
        }
    }

    #[test]
    fn every_requirement_has_a_check_or_a_reason() {
        let seen: BTreeSet<Number> = all().iter().filter_map(|check| check.requirement()).collect();
        let unseen: BTreeSet<Number> = UNSEEN.iter().map(|(number, _)| *number).collect();
        let known = requirement::all().into_iter().map(|requirement| requirement.number);
        let wrong: Vec<String> = known
            .filter(|number| seen.contains(number) == unseen.contains(number))
            .map(|number| number.to_string())
            .collect();
        assert!(wrong.is_empty(), "neither a check nor a reason, or both: {wrong:?}");
    }
}
