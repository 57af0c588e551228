use std::time::Duration;

use chat_cluster::entry::{Incarnation, PersonId as Client};
use chat_protocol::account::AccountError;
use chat_protocol::name::NameError;
use chat_store::moderation::Sanction;
use proptest::collection::vec;
use proptest::prelude::*;

use super::lockstep::{ACTS, Pair, memories, node, runtime, written};
use super::*;
use crate::people::accounts::Proved;
use crate::people::acts::Enter;
use crate::people::directory::coming::Leaving;
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
async fn r14_16_accounts_and_bans_that_hold_everywhere_outlive_all_people() {
    let directory = node(memories());
    let people = &mut *directory.lock();
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
    let nothing = people.lasting();
    people.house.sanctions.impose(Duration::ZERO, Role::Admin, ban).unwrap();
    let banned = people.lasting();
    people.has_account_set("Zoe", Some("1"));
    let both = people.lasting();
    assert!(nothing != banned && banned != both, "there is something to keep");
    let here = Location::Elsewhere { is_there: true };
    people.admit("Bea".parse().unwrap(), Encoding::Text, here, None).unwrap();
    let (name, zoe) = ("Ana".parse().unwrap(), "Zoe".parse().unwrap());
    for is_kept in [true, false] {
        people.forget_all();
        assert_eq!(people.find("Bea"), None);
        assert_eq!(people.ban(&name, "ana", None).is_some(), is_kept);
        assert_eq!(people.objection_of_accounts(&zoe, None).is_some(), is_kept);
        people.forget_lasting();
    }
}

#[tokio::test]
async fn r14_15_a_word_that_was_changed_meanwhile_proves_nothing() {
    let directory = node(memories());
    let people = &mut *directory.lock();
    let enter = |hash: Option<&str>| {
        let proved = hash.map(|hash| Proved { account: "ana".into(), hash: hash.into() });
        let ip = [192, 0, 2, 1].into();
        Enter { name: "Ana".into(), encoding: Encoding::Text, proved, ip }
    };
    let client = |number| Client { node: Incarnation(1), number };
    let refused = |error| Err(NameError::Account(error));
    assert!(people.enters(client(0), enter(None)).is_ok(), "anybody can have the name");
    assert_eq!(people.registers(client(0), "1"), Some(Ok("ana".into())));
    assert_eq!(people.registers(client(0), "2"), Some(Err(AccountError::HasOne)));
    people.leaves(client(0), Leaving::ForGood);
    assert_eq!(people.enters(client(1), enter(None)), refused(AccountError::Registered));
    assert_eq!(people.enters(client(1), enter(Some("2"))), refused(AccountError::WrongWord));
    assert!(people.enters(client(1), enter(Some("1"))).is_ok());
    assert_eq!(people.changes_word(client(1), "3"), Some(Ok("ana".into())));
    people.leaves(client(1), Leaving::ForGood);
    assert_eq!(people.enters(client(2), enter(Some("1"))), refused(AccountError::WrongWord));
    assert!(people.enters(client(2), enter(Some("3"))).is_ok());
    people.has_account_set("AΝΑ", Some("4"));
    people.has_account_set("ana", Some("5"));
    people.leaves(client(2), Leaving::ForGood);
    assert!(people.enters(client(3), enter(Some("5"))).is_ok(), "by the operator");
    people.leaves(client(3), Leaving::ForGood);
    people.has_account_set("Ana", None);
    assert!(people.enters(client(4), enter(None)).is_ok(), "the account is gone");
    assert_eq!(people.changes_word(client(4), "6"), Some(Err(AccountError::HasNone)));
}
