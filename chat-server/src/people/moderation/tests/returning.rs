//! People with a session, which may come back.

use std::sync::atomic::Ordering;

use chat_protocol::name::NameError;

use super::*;
use crate::people::directory::sessions::new_token;

impl Chat {
    /// Checks the last line that a person has heard by now.
    async fn hears(&self, (id, heard): (PersonId, &Recorder), line: &str) {
        self.0.tell_line(id, "fin".to_owned());
        while !heard.taken().ends_with("fin\n") {
            yield_now().await;
        }
        let heard = heard.taken();
        assert_eq!(heard.lines().rev().nth(1), Some(line), "{heard}");
    }

    /// Begins a session. Returns its token.
    async fn begin(&self, id: PersonId, member: &Recorder) -> String {
        self.0.lock().begin_session(id, new_token().unwrap(), None).unwrap();
        loop {
            yield_now().await;
            if let Some((_, rest)) = member.taken().split_once("\"token\":\"") {
                return rest.split_once('"').unwrap().0.to_owned();
            }
        }
    }

    /// Takes a session up again from this address.
    fn resume(&self, token: &str, ip: &str) -> Result<(Hold, Arrival), NameError> {
        let (member, from) = (Arc::new(Recorder::eager()), (ip.parse().unwrap(), None));
        let (hold, _, back) = self.0.resume(&format!("{token} 0.0"), &member, from)?;
        Ok((hold, Arrival::Back(Box::new(back))))
    }
}

#[tokio::test]
async fn r13_3_who_is_on_its_way_back_is_sent_away_as_it_arrives() {
    let (chat, [_, _, owner, ..]) = room().await;
    let (fay, heard) = chat.come("Fay");
    let (gil, member) = chat.come("Gil");
    chat.go(fay, "cocina").await.unwrap();
    chat.go(gil, "cocina").await.unwrap();
    let token = chat.begin(gil, &member).await;
    chat.0.leave(Hold::without_session(gil), Leaving::Cut);
    let (hold, arrival) = chat.resume(&token, "127.0.0.1").unwrap();
    chat.does(owner, "/echar Gil").unwrap();
    chat.hears((fay, &heard), "* Ana ha echado a Gil").await;
    assert_eq!(chat.resume(&token, "127.0.0.1").map(drop), Err(NameError::NoSession));
    let again = Arc::new(Recorder::eager());
    assert!(chat.0.arrive_at(hold, Seat::new(Arc::clone(&again)), arrival).is_some());
    assert!(again.sent_away.load(Ordering::Relaxed));
    assert_eq!(chat.0.farewell(gil).as_deref(), Some("* te ha echado Ana"));
    assert_eq!(chat.resume(&token, "127.0.0.1").map(drop), Err(NameError::NoSession));
}

#[tokio::test]
async fn r13_3_who_is_absent_leaves_and_is_not_invited() {
    let (chat, [_, _, owner, ..]) = room().await;
    let (fay, heard) = chat.come("Fay");
    let (gil, member) = chat.come("Gil");
    chat.go(fay, "cocina").await.unwrap();
    chat.go(gil, "cocina").await.unwrap();
    let token = chat.begin(gil, &member).await;
    chat.0.leave(Hold::without_session(gil), Leaving::Cut);
    assert!(matches!(chat.does(owner, "/invitar Gil"), Err(Refusal::CannotHearNow(_))));
    assert!(matches!(
        chat.0.lock().tell_privately(owner, "Gil", "x"),
        Err(Refusal::CannotHearNow(_))
    ));
    chat.does(owner, "/echar Gil").unwrap();
    assert_eq!(chat.0.find("Gil"), None);
    assert_eq!(chat.resume(&token, "127.0.0.1").map(drop), Err(NameError::NoSession));
    chat.hears((fay, &heard), "* Ana ha echado a Gil").await;
}

#[tokio::test]
async fn r13_4_who_is_banned_does_not_come_back_to_its_session() {
    let (chat, [_, _, owner, admin, _]) = room().await;
    let (gil, member) = chat.come("Gil");
    chat.go(gil, "cocina").await.unwrap();
    let token = chat.begin(gil, &member).await;
    chat.0.leave(Hold::without_session(gil), Leaving::Cut);
    chat.does(admin, "/vetar 192.0.2.0/24").unwrap();
    let refused = Err(NameError::NoSession);
    assert_eq!(chat.resume(&token, "192.0.2.1").map(drop), refused, "it is absent");
    assert!(chat.resume(&token, "192.0.3.1").is_ok());
    chat.0.lock().depart(gil, Leaving::Cut);
    assert_eq!(chat.resume(&token, "192.0.2.1").map(drop), refused, "it has left");
    let (hold, _) = chat.resume(&token, "192.0.3.1").unwrap();
    chat.0.lock().depart(hold.id, Leaving::Cut);
    chat.does(owner, "/vetar GIL").unwrap();
    let (hold, _) = chat.resume(&token, "192.0.3.1").unwrap();
    assert_eq!(chat.0.lock().room_name(hold.id).as_str(), "general");
    chat.0.lock().depart(hold.id, Leaving::Cut);
    chat.does(admin, "/vetar GIL").unwrap();
    assert_eq!(chat.resume(&token, "192.0.3.1").map(drop), refused, "by its name");
}

#[tokio::test]
async fn r5_3_who_comes_back_again_before_it_has_arrived_is_announced() {
    let chat = Chat::with(Rules { presence: true, ..RULES });
    let (fay, heard) = chat.come("Fay");
    let (gil, member) = chat.come("Gil");
    let token = chat.begin(gil, &member).await;
    chat.0.lock().depart(gil, Leaving::Cut);
    chat.resume(&token, "127.0.0.1").unwrap();
    let (hold, arrival) = chat.resume(&token, "127.0.0.1").unwrap();
    chat.0.arrive_at(hold, Seat::new(Arc::new(Recorder::eager())), arrival).unwrap();
    chat.hears((fay, &heard), "* Gil se ha unido").await;
}
