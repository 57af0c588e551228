//! The messages of the log that several servers share: any bytes are a pass or an error, and whatever a pass says, the
//! directory can apply it.

use chat_cluster::directory::Directory;
use chat_cluster::entry::{Entry, Name, PersonId, Rules};
use chat_cluster::pass::Pass;
use chat_cluster::replica::Replica;

/// Holds for every input.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    // The snapshot of another node may be nonsense as well.
    let _ = Replica::restore(input);
    let Ok(pass) = Pass::decode(input) else { return };
    let again = pass.encode().expect("no longer than it was");
    assert_eq!(Pass::decode(&again).as_ref(), Ok(&pass));
    let first_room = Name { text: "general".into(), key: 1, looks: Box::from([1]) };
    let mut directory = Directory::new(Rules { max_rooms: 3, first_room });
    let mut effects = Vec::new();
    for entry in pass.entries {
        if let Entry::Person(number, act) = entry {
            directory.apply(PersonId { node: pass.node, number }, act, &mut effects);
        }
    }
    directory.bury(pass.node, &mut effects);
    assert_eq!((directory.people().count(), directory.rooms().len()), (0, 1), "nothing is left");
}
