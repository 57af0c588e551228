//! Differences between the workloads of records, and between their machines.

use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::record::{Environment, Workload};

/// Records that cannot be compared, with all reasons.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the records cannot be compared: {}", .0.join("; "))]
pub(crate) struct Incomparable(pub(crate) Vec<String>);

/// Names the fields of two workloads that differ and are not `free` to, with both values.
pub(crate) fn differences(
    before: (&str, &Workload),
    now: (&str, &Workload),
    free: &[&str],
) -> Vec<String> {
    of_fields(before, now, free)
}

/// Names the fields of two machines that differ, with both values.
pub(super) fn other_machine(
    (first, before): (&str, &Environment),
    (name, now): (&str, &Environment),
) -> Vec<String> {
    let machine = |Environment { system, processor, cpus, .. }: &Environment| json!({ "system": system, "processor": processor, "cpus": cpus });
    of_fields((first, &machine(before)), (name, &machine(now)), &[])
}

fn of_fields<T: Serialize>(
    (first, before): (&str, &T),
    (name, now): (&str, &T),
    free: &[&str],
) -> Vec<String> {
    let [before, now] =
        [before, now].map(|fields| serde_json::to_value(fields).unwrap_or(Value::Null));
    let names = before.as_object().into_iter().flatten().map(|(field, _)| field);
    names
        .filter(|field| !free.contains(&field.as_str()) && before[*field] != now[*field])
        .map(|field| format!("{field} is {} in {first}, {} in {name}", before[field], now[field]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn what_differs_is_named_with_both_values_unless_it_is_free_to() {
        let (mut other, first) = (sample::record(), sample::record());
        (other.workload.clients, other.workload.seed) = (7, 8);
        other.environment.cpus = 2;
        let (before, now) = (("a", &first.workload), ("b", &other.workload));
        assert_eq!(differences(before, now, &["seed"]), ["clients is 500 in a, 7 in b"]);
        let machines = (("a", &first.environment), ("b", &other.environment));
        assert_eq!(other_machine(machines.0, machines.1), ["cpus is 8 in a, 2 in b"]);
    }
}
