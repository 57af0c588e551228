use super::*;
use crate::net::clock::{milliseconds, since_1970};

fn ban(what: &str) -> Sanction {
    let network = what.parse::<Network>().is_ok();
    Sanction {
        id: 0,
        is_ban: true,
        name: (!network).then(|| what.into()),
        account: None,
        network: network.then(|| what.into()),
        until: None,
        by: "Eva".into(),
        reason: "".into(),
    }
}

fn everywhere() -> Sanctions {
    Sanctions::everywhere(Vec::new())
}

fn named(name: &Name) -> Subject<'_> {
    Subject { name: Some(name), account: None, ip: None }
}

fn is_banned(sanctions: &Sanctions, name: &str) -> bool {
    sanctions.find(since_1970(), true, Role::Member, named(&name.parse().unwrap())).is_some()
}

#[test]
fn r13_4_a_ban_holds_for_each_name_that_looks_like_it() {
    let mut sanctions = everywhere();
    sanctions.impose(since_1970(), Role::Admin, ban("Ana")).unwrap();
    for (name, banned) in
        [("Ana", true), ("ANA", true), ("A-na", true), ("Аnа", true), ("Anna", false)]
    {
        if name.parse::<Name>().is_ok() {
            assert_eq!(is_banned(&sanctions, name), banned, "{name}");
        }
    }
    let ana: Name = "Ana".parse().unwrap();
    assert!(
        sanctions.find(since_1970(), false, Role::Member, named(&ana)).is_none(),
        "it is no mute"
    );
}

#[test]
fn r13_4_a_ban_holds_for_a_network_and_for_an_account() {
    let mut sanctions = everywhere();
    sanctions.impose(since_1970(), Role::Admin, ban("192.0.2.0/24")).unwrap();
    sanctions.impose(since_1970(), Role::Admin, ban("2001:db8::/64")).unwrap();
    sanctions
        .impose(since_1970(), Role::Admin, Sanction { account: Some("bea".into()), ..ban("Bea") })
        .unwrap();
    for (ip, banned) in [
        ("192.0.2.9", true),
        ("192.0.3.9", false),
        ("2001:db8::9", true),
        ("2001:db8:0:1::9", false),
    ] {
        assert_eq!(
            sanctions.bans_network(since_1970(), ip.parse().unwrap()).is_some(),
            banned,
            "{ip}"
        );
    }
    let account = Subject { name: None, account: Some("bea"), ip: None };
    assert!(sanctions.find(since_1970(), true, Role::Member, account).is_some());
}

#[test]
fn r13_2_a_ban_holds_for_no_higher_role() {
    let mut sanctions = Sanctions::of_room();
    sanctions.impose(since_1970(), Role::Operator, ban("Ana")).unwrap();
    let ana: Name = "A-na".parse().unwrap();
    for (role, holds) in [(Role::Member, true), (Role::Operator, true), (Role::Owner, false)] {
        assert_eq!(
            sanctions.find(since_1970(), true, role, named(&ana)).is_some(),
            holds,
            "{role:?}"
        );
    }
}

/// The store keeps what it is not told of.
#[test]
fn r13_5_the_numbers_of_those_that_have_ended_are_told_with_the_next() {
    let mut sanctions = everywhere();
    let (ended, _) = sanctions
        .impose(since_1970(), Role::Admin, Sanction { until: Some(1), ..ban("Ana") })
        .unwrap();
    assert_eq!(sanctions.impose(since_1970(), Role::Admin, ban("Bea")).unwrap().1, [ended.id]);
    assert_eq!(sanctions.impose(since_1970(), Role::Admin, ban("Leo")).unwrap().1, [0; 0]);
}

#[test]
fn r13_5_a_ban_ends_by_its_time_by_another_one_or_by_pardon() {
    let mut sanctions = everywhere();
    sanctions.impose(since_1970(), Role::Admin, Sanction { until: Some(1), ..ban("Ana") }).unwrap();
    assert!(!is_banned(&sanctions, "Ana"));
    let (first, _) = sanctions.impose(since_1970(), Role::Admin, ban("Ana")).unwrap();
    let until = Some(milliseconds(since_1970() + Duration::from_hours(1)));
    let (second, replaced) =
        sanctions.impose(since_1970(), Role::Admin, Sanction { until, ..ban("Ana") }).unwrap();
    assert_eq!(replaced, [first.id]);
    let ana: Name = "Ana".parse().unwrap();
    let left = sanctions.find(since_1970(), true, Role::Member, named(&ana)).unwrap().left.unwrap();
    assert!((3500..=3600).contains(&left.as_secs()), "{left:?}");
    assert_eq!(sanctions.lift(Role::Admin, "anna"), [0; 0]);
    assert_eq!(sanctions.lift(Role::Admin, "ana"), [second.id]);
    assert!(!is_banned(&sanctions, "Ana"));
    sanctions.impose(since_1970(), Role::Admin, ban("192.0.2.0/24")).unwrap();
    assert_eq!(sanctions.lift(Role::Admin, "192.0.2.7/24").len(), 1);
}

#[test]
fn r13_5_there_are_so_many_bans_and_no_more() {
    for (mut sanctions, most) in
        [(everywhere(), MAX_SANCTIONS), (Sanctions::of_room(), MAX_SANCTIONS_OF_ROOM)]
    {
        for n in 0..most {
            sanctions.impose(since_1970(), Role::Admin, ban(&format!("p{n}x"))).unwrap();
        }
        let refused = sanctions.impose(since_1970(), Role::Admin, ban("Ana")).map(drop);
        assert_eq!(refused, Err(Objection::TooManySanctions(most)));
    }
}
