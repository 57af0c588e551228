use std::time::Duration;

use chat_store::moderation::Sanction;
use proptest::collection::vec;
use proptest::prelude::*;

use super::lockstep::{ACTS, Pair, memories, node, runtime, written};
use super::*;
use crate::people::house::roles::Role;

proptest! {
    /// Bytes at random, and a snapshot with some of its bytes changed: what is read is whole, and no more is taken than is
    /// there.
    #[test]
    fn malformed_bytes_are_refused_and_change_nothing(
        bytes in vec(any::<u8>(), 0..200),
        acts in vec(ACTS, 1..30),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        let runtime = runtime();
        let _entered = runtime.enter();
        let mut pair = Pair::new();
        for act in acts {
            pair.act(act);
        }
        let snapshot = pair.snapshot();
        let newcomer = node(memories());
        let empty = written(&newcomer);
        let is_read = newcomer.lock().read(&snapshot[..end.index(snapshot.len())]).is_ok();
        prop_assert!(!is_read, "its end is missing");
        let mut changed = snapshot;
        for (place, byte) in changes {
            let place = place.index(changed.len());
            changed[place] = byte;
        }
        for bytes in [[&[VERSION], &*bytes].concat(), bytes, changed] {
            let (newcomer, again) = (node(memories()), node(memories()));
            if newcomer.lock().read(&bytes).is_err() {
                prop_assert_eq!(&written(&newcomer), &empty);
                continue;
            }
            let read = written(&newcomer);
            prop_assert_eq!(again.lock().read(&read), Ok(()));
            prop_assert_eq!(written(&again), read);
        }
    }
}

#[tokio::test]
async fn bans_that_hold_everywhere_outlive_all_people() {
    let (old, new) = (node(memories()), node(memories()));
    let ban = Sanction {
        id: 0,
        is_ban: true,
        name: Some("Ana".into()),
        account: None,
        network: None,
        until: None,
        by: "Zoe".into(),
        reason: "no".into(),
    };
    old.lock().house.sanctions.impose(Duration::ZERO, Role::Admin, ban).unwrap();
    let mut bytes = Vec::new();
    old.lock().write_lasting(&mut bytes);
    assert_eq!(new.lock().read_lasting(&bytes[1..]), Err(Malformed));
    assert_eq!(new.lock().read_lasting(&bytes[..bytes.len() - 1]), Err(Malformed));
    assert!(new.keeps_out(&"Ana".parse().unwrap(), "192.0.2.1".parse().unwrap()).is_none());
    assert_eq!(new.lock().read_lasting(&bytes), Ok(()));
    assert!(new.keeps_out(&"Ana".parse().unwrap(), "192.0.2.1".parse().unwrap()).is_some());
}
