use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::simulation::model::{Act, Effect, Model, Name, Rules};

const A: Incarnation = Incarnation(1);
const B: Incarnation = Incarnation(2);

fn name(look: u64) -> Name {
    Name { text: look.to_string().into(), key: look, looks: Box::from([look, look / 2 + 1_000]) }
}

fn rules() -> Box<[u8]> {
    let mut rules = Vec::new();
    Rules { max_rooms: 3, first_room: name(50) }.write(&mut rules);
    rules.into()
}

fn founded() -> (Replica, Model) {
    let mut clock = Clock::default();
    clock.tick(5_000);
    let mut model = Model::default();
    model.found(Place::default(), &rules());
    (Replica::founded(clock, A, (0, 3)), model)
}

/// The effects of these passes of the nodes, each the next one of its node, 100 ms after the one before.
fn apply(
    (replica, model): &mut (Replica, Model),
    passes: Vec<(Incarnation, Vec<Entry>)>,
) -> (Vec<Effect>, Vec<Applied>) {
    let mut applied = Vec::new();
    for (node, entries) in passes {
        let n = replica.members.last(node).unwrap_or(0) + 1;
        let place = (replica.position + 1, replica.members.clock.now() + 100);
        let pass = Some(Pass { node, n, entries });
        applied.push(replica.apply(A, place, pass, model));
    }
    (model.told.drain(..).map(|(_, effect, _)| effect).collect(), applied)
}

fn hello() -> Entry {
    Entry::Node(Notice::Hello { attempt: 0 })
}

#[test]
fn a_node_that_sees_its_own_death_is_fenced_and_another_is_not() {
    for (dead, fenced) in [(A, Some(Fenced::Dead)), (B, None)] {
        let mut replica = founded();
        let (other, last) = if dead == A { (B, 3) } else { (A, 1) };
        let claim = Entry::Person(1, Act::Claim(name(1)).encode());
        let death = vec![Entry::Node(Notice::Dead(dead, last)), claim];
        let (effects, applied) = apply(&mut replica, vec![(B, vec![hello()]), (other, death)]);
        let behind = Effect::Named { person: other.person(1) };
        let told = [Effect::Died { node: dead }, behind];
        assert_eq!(effects, told[..if dead == A { 1 } else { 2 }], "nothing behind its own");
        assert_eq!(applied.last().map(|applied| applied.fenced), Some(fenced));
    }
}

#[test]
fn a_node_does_not_bury_itself() {
    let mut replica = founded();
    let (effects, applied) = apply(&mut replica, vec![(A, vec![Entry::Node(Notice::Dead(A, 4))])]);
    assert_eq!((effects, applied[0].fenced), (vec![], None));
}

#[test]
fn a_chat_that_was_opened_anew_fences_the_old_one_if_that_was_silent() {
    let found = || vec![Entry::Node(Notice::Found(rules()))];
    let mut replica = founded();
    let (_, applied) = apply(&mut replica, vec![(B, vec![hello()]), (B, found())]);
    assert_eq!(applied[1].fenced, None, "A was heard");
    let hellos = vec![(B, vec![hello()]); 60];
    apply(&mut replica, hellos);
    let (_, applied) = apply(&mut replica, vec![(B, found())]);
    assert_eq!(applied[0].fenced, Some(Fenced::Replaced));
}

#[test]
fn the_attempt_of_a_hello_that_was_taken_is_told() {
    let mut replica = founded();
    let (_, applied) =
        apply(&mut replica, vec![(B, vec![Entry::Node(Notice::Hello { attempt: 4 })])]);
    assert_eq!(applied[0].hello, Some(4));
    let again = Some(Pass { node: B, n: 1, entries: vec![hello()] });
    let (replica, model) = &mut replica;
    assert_eq!(replica.apply(A, (2, 5_200), again, model).hello, None, "a duplicate");
}

fn any_entries() -> impl Strategy<Value = Vec<(Incarnation, Vec<Entry>)>> {
    let act = prop_oneof![
        (0..9_u64).prop_map(|look| Act::Claim(name(look))),
        Just(Act::Arrive),
        Just(Act::Leave),
        (50..56_u64).prop_map(|look| Act::Move(name(look))),
        (0..9_u64).prop_map(|look| Act::Rename(name(look))),
        Just(Act::Say(Box::from(*b"hola"))),
    ];
    let node = prop_oneof![Just(A), Just(B)];
    let entries =
        vec((0..4_u64, act).prop_map(|(person, act)| Entry::Person(person, act.encode())), 1..5);
    vec((node, entries), 0..60)
}

fn snapshot((replica, model): &(Replica, Model)) -> Vec<u8> {
    replica.snapshot(model)
}

fn restored(snapshot: &[u8]) -> Result<(Replica, Model), RestoreError> {
    let mut model = Model::default();
    Ok((Replica::restore(snapshot, Some(A), &mut model)?, model))
}

proptest! {
    #[test]
    fn a_restored_snapshot_goes_on_as_the_original(before in any_entries(), after in any_entries()) {
        let mut original = founded();
        apply(&mut original, vec![(B, vec![hello()])]);
        apply(&mut original, before);
        let mut copy = restored(&snapshot(&original)).expect("a snapshot");
        prop_assert_eq!((&copy.0, &copy.1.directory), (&original.0, &original.1.directory));
        prop_assert_eq!(apply(&mut copy, after.clone()).0, apply(&mut original, after).0);
        prop_assert_eq!(snapshot(&copy), snapshot(&original));
    }

    #[test]
    fn any_bytes_are_a_snapshot_or_an_error(before in any_entries(), at: usize, byte: u8, cut: bool) {
        let mut original = founded();
        apply(&mut original, before);
        let mut bytes = snapshot(&original);
        let at = at % bytes.len();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
            prop_assert!(restored(&bytes).is_err());
        }
        if let Ok(copy) = restored(&bytes) {
            let again = restored(&snapshot(&copy));
            prop_assert_eq!(again.map(|(replica, _)| replica.position()), Ok(copy.0.position()));
        }
    }
}

#[test]
fn what_outlives_a_chat_goes_through_the_log_as_the_chat_did() {
    let (mut replica, mut model) = founded();
    let (mut past, mut remembered) = founded();
    let mut replay = |node, n, time, entry| {
        let message = Pass { node, n, entries: vec![entry] }.encode().expect("a short pass");
        let record = Record { subscription: 0, delivered: 0, sequence: time / 100, time, message };
        past.replay(&record, &mut remembered).expect("of this version");
        past.clone()
    };
    let comes = Entry::Person(1, Act::Claim(name(7)).encode());
    replica.apply(
        A,
        (51, 5_100),
        Some(Pass { node: A, n: 4, entries: vec![comes.clone()] }),
        &mut model,
    );
    assert_eq!(replay(A, 4, 5_100, comes.clone()), replica);
    assert_eq!(replay(A, 4, 5_100, comes), replica, "a duplicate");
    let found = || Entry::Node(Notice::Found(rules()));
    for (n, time) in (1..).zip((6_000..11_100).step_by(1_000)) {
        replay(B, n, time, hello());
    }
    assert!(replay(B, 7, 11_100, found()).members.last(A).is_some(), "A was heard 6 s ago");
    let anew = replay(B, 8, 11_101, found());
    assert!(anew.members.nodes().eq([B]) && anew.members.answerer(0) == Some(B));
    assert_eq!((anew.position, anew.members.last(B)), (111, Some(8)));
    assert_eq!(remembered.directory.expect("founded").people().count(), 0);
}
