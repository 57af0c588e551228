use std::time::Duration;

use chat_protocol::language::Language;
use tokio::task::yield_now;

use super::*;
use crate::net::transport::fake::Recorder;
use crate::net::wire::encoding::Encoding;
use crate::people::directory::sessions::Sessions;
use crate::people::directory::{Directory, Rules};
use crate::people::house::House;
use crate::room::archive::Archive;
use crate::room::fanout::Deliveries;
use crate::room::memory::Memories;
use crate::room::outbox::OutboxLimits;

const RULES: Rules = Rules {
    presence: true,
    commands: true,
    guests: false,
    max_rooms: 3,
    crowd: None,
    language: Language::Es,
};

/// A server of several, to which Zoe is connected, its administrator.
struct Server {
    directory: Directory<Recorder>,
    zoe: Hold,
    hears: Arc<Recorder>,
}

impl Server {
    fn new() -> Self {
        let sessions = Sessions::new(Duration::from_mins(1), Duration::from_secs(10));
        let memories = Memories::new(0, Language::Es, Archive::None);
        let deliveries = Deliveries::new(OutboxLimits::lenient(), None, Some(memories)).0;
        let directory = Directory::new(deliveries, RULES, sessions);
        directory.keep_order(House::of_admin("zoe"));
        directory.shares_its_people();
        let zoe = directory.admit("Zoe".parse().unwrap(), Encoding::Text, None).unwrap();
        let hears = Arc::new(Recorder::eager());
        directory.arrive(zoe, Seat::new(Arc::clone(&hears)), Arrival::New(None));
        directory.set_account(zoe, "zoe".into());
        Self { directory, zoe: Hold::without_session(zoe), hears }
    }

    /// A client of another server gets this name.
    fn enters(&self, client: Client, name: &str) {
        let mut people = self.directory.lock_at(Duration::from_mins(20));
        let (name, ip) = (name.into(), "192.0.2.8".parse().unwrap());
        let enter = Enter { name, encoding: Encoding::Text, proved: None, ip };
        let hold = people.enters(client, enter).unwrap();
        people.begins(hold, None);
    }

    /// All that Zoe has heard.
    async fn heard(&self) -> String {
        self.directory.tell_line(self.zoe.id, "fin".to_owned());
        while !self.hears.taken().ends_with("fin\n") {
            yield_now().await;
        }
        self.hears.taken()
    }
}

const CLIENT: Client = Client { node: Incarnation(9), number: 1 };

fn command(line: &str, token: Option<Token>) -> Commanded {
    Commanded { number: None, token, line: line.into() }
}

#[tokio::test]
async fn r14_11_a_person_that_comes_back_and_is_cut_off_before_it_arrives_leaves_once() {
    let server = Server::new();
    server.enters(CLIENT, "Ses");
    {
        let mut people = server.directory.lock_at(Duration::from_mins(20));
        assert!(people.obeys(CLIENT, command("/reanudar", Some(Token(7)))).is_some());
        people.leaves(CLIENT, Leaving::Cut);
    }
    let minutes_20 = Duration::from_mins(20);
    for seconds in [20, 40] {
        let mut people = server.directory.lock_at(minutes_20 + Duration::from_secs(seconds));
        people.expire_now();
        let again = Client { number: seconds, ..CLIENT };
        let ip = "192.0.2.8".parse().unwrap();
        let resume = Resume { token: Token(7), behind: Position::START, ip };
        assert!(people.comes_back(again, resume, None).is_ok());
        people.leaves(again, Leaving::Cut);
    }
    let heard = server.heard().await;
    assert_eq!(heard.matches("* Ses ha salido").count(), 1, "{heard}");
}

#[tokio::test]
async fn r14_7_a_person_that_is_sent_away_commands_nothing_more() {
    let server = Server::new();
    server.enters(CLIENT, "Eva");
    let kick = Command::Kick { name: Some("Eva".to_owned()), reason: String::new() };
    server.directory.execute(server.zoe, kick, None);
    let private = command("/privado Zoe hola", None);
    assert!(server.directory.lock_at(Duration::from_mins(20)).obeys(CLIENT, private).is_some());
    let heard = server.heard().await;
    assert!(heard.contains("Eva se ha unido") && !heard.contains("hola"), "{heard}");
}
