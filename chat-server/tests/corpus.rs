//! What must hold for any bytes holds for those that the fuzzer has kept (`fuzz/corpus`): each has
//! led through the code in a way of its own.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
pub mod fuzz;

fn replay(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("an entry").path();
        // Shown if it fails.
        println!("{}", path.display());
        holds(&fs::read(path).expect("an input"));
        inputs += 1;
    }
    assert!(inputs >= 10, "of {target} there are only {inputs}");
}

#[test]
fn r2_7_any_split_of_any_bytes_gives_the_same_lines() {
    replay("lines", fuzz::lines::holds);
}

#[test]
fn r10_4_any_split_of_any_bytes_gives_the_same_frames() {
    replay("frames", fuzz::frames::holds);
}

#[test]
fn r10_1_any_part_of_any_head_is_judged_as_the_whole() {
    replay("requests", fuzz::requests::holds);
}

#[test]
fn any_message_of_the_log_is_a_pass_or_an_error() {
    replay("passes", fuzz::passes::holds);
}

#[test]
fn r5_1_any_line_in_any_state_does_only_what_a_client_may_do() {
    replay("session", fuzz::session::holds);
}
