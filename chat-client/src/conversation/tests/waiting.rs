//! Waiting for the server: in its queue, for its question for a name, and for its last line.

use std::io::Write;
use std::thread;

use super::*;

#[tokio::test(start_paused = true)]
async fn r5_2_lines_that_waited_for_a_name_in_vain_are_counted() {
    for (inputs, told) in [
        (&[][..], vec![]),
        (&["hola"], vec!["* no se envió 1 línea"]),
        (&["uno\n\ndos", "tres"], vec!["* no se enviaron 3 líneas"]),
    ] {
        let (mut client, _server) = sala(Some("Ana"), inputs, Some(vec![])).await;
        assert_eq!(client.talk().await, Exit::NotAsked);
        let lines = shown(&client).into_iter().filter(|line| *line != Language::Es.no_answer_yet());
        assert_eq!(lines.collect::<Vec<_>>(), told);
    }
}

#[tokio::test(start_paused = true)]
async fn r7_1_the_idle_time_does_not_run_in_the_queue() {
    let idle = Some(Duration::from_mins(1));
    let (mut client, mut server) = at_terminal(Settings { idle, ..settings() }, &["hola"]).await;
    let began = Instant::now();
    let scene = async {
        sleep(Duration::from_mins(5)).await;
        server.write_all(b"x\n").await.unwrap();
    };
    let (exit, ()) = tokio::join!(client.talk(), scene);
    assert_eq!(exit, Exit::Idle);
    assert_eq!(began.elapsed().as_secs(), 360);
    let warning = Language::Es.client_idle_soon(10.0).to_string();
    assert_eq!(shown(&client), [Language::Es.no_answer_yet(), "x", &warning]);
}

#[tokio::test]
async fn r4_3_lines_without_end_do_not_keep_the_user() {
    const FLOOD: usize = 64 * 1024 * 1024;
    let (mut client, server) = at_terminal(settings(), &[]).await;
    let mut server = server.into_std().unwrap();
    server.set_nonblocking(false).unwrap();
    thread::spawn(move || server.write_all(&vec![b'\n'; FLOOD]));
    client.wire.readable().await;
    tokio::select! {
        biased;
        exit = client.talk() => panic!("{exit:?}: it has heard all of the server"),
        () = sleep(Duration::from_millis(10)) => {}
    }
}
