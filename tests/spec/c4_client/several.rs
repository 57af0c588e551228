//! A client that is given several servers of one chat.

use super::*;

/// No server: the service at this port, "the TCP port service multiplexer", is not in use.
const NOBODY: &str = "127.0.0.1:1";

/// A client of these servers, in this order.
fn client_of_all(stage: &Stage, servers: &[&str]) -> Result<Program> {
    stage.start("client", client_of(&servers.join(",")))
}

#[test]
fn r4_10_it_talks_with_the_first_server_that_is_there() -> Result {
    let (first, second) = (Chat::start()?, Chat::start()?);
    let [one, other] = [&first, &second].map(|chat| chat.address.to_string());
    for (servers, chat) in [
        (vec![&*one, &other], &first),
        (vec![&other, &one], &second),
        (vec![NOBODY, &one, &other], &first),
        (vec!["no.such.host.invalid", NOBODY, &other], &second),
    ] {
        let mut peer = chat.peer("peer")?;
        let mut client = client_of_all(&chat.stage, &servers)?;
        client.out.wait_for(ES.greeting())?;
        peer.send("hola\n")?;
        client.out.expect(&said_by(&peer, "hola"))?;
        client.type_in("salir\n")?;
        client.expect_exit(0)?;
        client.err.expect_end()?;
    }
    Ok(())
}

#[test]
fn r4_10_where_no_server_is_there_each_has_a_line_with_its_reason() -> Result {
    let mut client =
        client_of_all(&Stage::new(), &[NOBODY, "no.such.host.invalid:80", "127.0.0.1:2"])?;
    client.end_input();
    for address in [NOBODY, "no.such.host.invalid:80", "127.0.0.1:2"] {
        let line = client.err.hear()?.unwrap_or_default();
        let begin = format!("chat-client: no se puede conectar con {address}: ");
        assert!(line.starts_with(&begin), "{line}");
    }
    client.err.expect_end()?;
    client.out.expect_end()?;
    client.expect_exit(1)
}

#[test]
fn r4_10_each_of_them_is_an_address() {
    for servers in ["127.0.0.1:1,", ",127.0.0.1:1", "127.0.0.1:1,host:port", "127.0.0.1:1, ::1"] {
        assert_cmd::Command::from_std(client_of(&servers)).assert().code(2).stdout("");
    }
}
