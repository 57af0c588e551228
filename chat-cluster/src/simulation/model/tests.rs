use super::*;

const A: PersonId = PersonId { node: Incarnation(1), number: 1 };
const B: PersonId = PersonId { node: Incarnation(2), number: 1 };
const C: PersonId = PersonId { node: Incarnation(1), number: 2 };

/// A name whose looks are these, of which the first is its key.
fn name(looks: &[u64]) -> Name {
    Name { text: format!("{looks:?}").into(), key: looks[0], looks: looks.into() }
}

fn empty() -> Directory {
    Directory::new(Rules { max_rooms: 2, first_room: name(&[100]) })
}

fn does(directory: &mut Directory, id: PersonId, act: Act) -> Vec<Effect> {
    let mut effects = Vec::new();
    directory.apply(id, act, &mut effects);
    effects
}

/// These people are in the first room, with names of their own.
fn with(people: &[PersonId]) -> Directory {
    let mut directory = empty();
    for (look, id) in (1..).zip(people) {
        does(&mut directory, *id, Act::Claim(name(&[look])));
        does(&mut directory, *id, Act::Arrive);
    }
    directory
}

fn went(person: PersonId, from: u64, to: u64) -> Effect {
    Effect::Went { person, from: RoomId(from), to: RoomId(to) }
}

#[test]
fn the_first_claim_of_a_look_wins() {
    let mut directory = empty();
    let claim = |looks: &[u64]| Act::Claim(name(looks));
    assert_eq!(does(&mut directory, A, claim(&[1, 2])), [Effect::Named { person: A }]);
    let refused = Effect::NameRefused { person: B, owner: A };
    assert_eq!(does(&mut directory, B, claim(&[3, 2])), [refused]);
    assert_eq!(does(&mut directory, B, Act::Arrive), [], "it has no name");
    assert_eq!(does(&mut directory, B, claim(&[3])), [Effect::Named { person: B }]);
    assert_eq!(does(&mut directory, A, claim(&[4])), [], "it has a name");
    assert_eq!(directory.owner(2), Some(A));
}

#[test]
fn a_rename_frees_the_old_name_and_only_that() {
    let mut directory = with(&[A, B]);
    let rename = |looks: &[u64]| Act::Rename(name(looks));
    let refused = Effect::RenameRefused { person: A, owner: B };
    assert_eq!(does(&mut directory, A, rename(&[9, 2])), [refused]);
    assert_eq!((directory.owner(1), directory.owner(9)), (Some(A), None), "as it was");
    let renamed = Effect::Renamed { person: A, old: "[1]".into() };
    assert_eq!(does(&mut directory, A, rename(&[1, 7])), [renamed], "its own look");
    does(&mut directory, A, rename(&[8]));
    assert_eq!([1, 7, 8].map(|look| directory.owner(look)), [None, None, Some(A)]);
    assert_eq!(does(&mut directory, C, rename(&[5])), [], "it has no name");
}

#[test]
fn a_person_is_in_a_room_once() {
    let mut directory = with(&[A]);
    assert_eq!(does(&mut directory, A, Act::Arrive), []);
    let left = Effect::Left { person: A, name: "[1]".into(), room: FIRST, was_there: true };
    assert_eq!(does(&mut directory, A, Act::Leave), [left]);
    assert_eq!(does(&mut directory, A, Act::Leave), []);
    assert_eq!(directory, empty(), "nothing is left of it");
}

#[test]
fn a_room_is_open_as_long_as_it_has_a_member() {
    let mut directory = with(&[A, B]);
    let opened = Effect::Opened { room: RoomId(1) };
    assert_eq!(does(&mut directory, A, Act::Move(name(&[10]))), [opened, went(A, 0, 1)]);
    assert_eq!(does(&mut directory, A, Act::Say(Box::from(*b"x"))), [], "on the way");
    assert_eq!(does(&mut directory, A, Act::Move(name(&[11]))), [], "on the way");
    let joined = Effect::Joined { person: A, room: RoomId(1), from: Some("[100]".into()) };
    assert_eq!(does(&mut directory, A, Act::Arrive), [joined]);
    let said = Effect::Said { person: A, room: RoomId(1), text: Box::from(*b"x") };
    assert_eq!(does(&mut directory, A, Act::Say(Box::from(*b"x"))), [said]);
    assert_eq!(does(&mut directory, B, Act::Move(name(&[10]))), [went(B, 0, 1)]);
    assert_eq!(does(&mut directory, A, Act::Move(name(&[100]))), [went(A, 1, 0)]);
    let left = Effect::Left { person: B, name: "[2]".into(), room: RoomId(1), was_there: false };
    assert_eq!(does(&mut directory, B, Act::Leave), [left, Effect::Closed { room: RoomId(1) }]);
    assert_eq!(directory.rooms().len(), 1);
}

#[test]
fn a_room_is_refused_for_its_name_and_for_the_limit() {
    let mut directory = with(&[A, B]);
    let refused = |person, refusal| [Effect::MoveRefused { person, refusal }];
    let go = |looks: &[u64]| Act::Move(name(looks));
    assert_eq!(does(&mut directory, A, go(&[100])), refused(A, MoveRefusal::SameRoom));
    assert_eq!(does(&mut directory, A, go(&[11, 100])), refused(A, MoveRefusal::NameTaken));
    does(&mut directory, A, go(&[10]));
    does(&mut directory, A, Act::Arrive);
    let too_many = MoveRefusal::TooManyRooms(2);
    assert_eq!(does(&mut directory, B, go(&[20])), refused(B, too_many));
    let effects = does(&mut directory, A, go(&[20]));
    let closed = Effect::Closed { room: RoomId(1) };
    assert_eq!(
        effects,
        [Effect::Opened { room: RoomId(2) }, went(A, 1, 2), closed],
        "its own goes"
    );
}

#[test]
fn a_private_message_needs_its_receiver() {
    let mut directory = with(&[A, B]);
    let text: Box<[u8]> = Box::from(*b"x");
    let private = Effect::Private { from: A, to: B, text: text.clone() };
    assert_eq!(does(&mut directory, A, Act::Private(B, text.clone())), [private]);
    let refused = Effect::PrivateRefused { from: A, to: C };
    assert_eq!(does(&mut directory, A, Act::Private(C, text.clone())), [refused]);
    assert_eq!(does(&mut directory, C, Act::Private(A, text)), [], "it has no name");
}

#[test]
fn the_people_of_a_dead_node_leave_once_and_the_others_stay() {
    let mut directory = with(&[A, B, C]);
    let mut effects = Vec::new();
    directory.bury(A.node, &mut effects);
    let left = |person, name: &str| Effect::Left {
        person,
        name: name.into(),
        room: FIRST,
        was_there: true,
    };
    assert_eq!(effects, [left(A, "[1]"), left(C, "[3]")]);
    directory.bury(A.node, &mut effects);
    assert_eq!(effects.len(), 2);
    assert_eq!(directory.people().map(|(id, _)| id).collect::<Vec<_>>(), [B]);
    assert_eq!((directory.owner(1), directory.owner(2)), (None, Some(B)));
}
