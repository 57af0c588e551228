//! Servers that send frames without text, and do not stop.

use std::io::{self, Write};
use std::sync::mpsc::channel;
use std::thread;

use tungstenite::Message;

use super::ends::play;
use super::*;

#[test]
fn r10_16_frames_without_text_and_without_end_do_not_keep_the_user() -> Result {
    const SIGINT: i32 = 2;
    const PING: [u8; 2] = [0x89, 0];
    const PONG: [u8; 2] = [0x8a, 0];
    const EMPTY: [u8; 2] = [0x81, 0];
    const PART: [u8; 2] = [0, 0];
    let stage = Stage::new();
    for frame in [PING, PONG, EMPTY, PART] {
        let address = play(move |socket| {
            socket.send(Message::text("hola\n")).expect("a client");
            let mut link = socket.get_ref().try_clone().expect("a socket");
            // The client's pongs are read.
            thread::spawn({
                let mut back = link.try_clone().expect("a socket");
                move || io::copy(&mut back, &mut io::sink())
            });
            if frame == PART {
                link.write_all(&[1, 1, b'z']).expect("a client");
            }
            while link.write_all(&frame.repeat(32 * 1024)).is_ok() {}
        });
        // One flood at a time: each takes a processor, and the client has a second to leave.
        let mut client = client(&stage, &[format!("ws://{address}")])?;
        client.out.wait_for("hola")?;
        client.signal(SIGINT)?;
        client.expect_exit(0)?;
    }
    Ok(())
}

#[test]
fn r10_16_pongs_for_a_server_that_does_not_read_are_forgotten() -> Result {
    const PINGS: usize = 200_000;
    let stage = Stage::new();
    let (reads, may_read) = channel();
    let (told, answered) = channel();
    let address = play(move |socket| {
        let ping = [&[0x89, 125][..], &[b'?'; 125]].concat();
        for _ in 0..PINGS / 1000 {
            socket.get_mut().write_all(&ping.repeat(1000)).expect("a client");
        }
        socket.send(Message::text("hola\n")).expect("a client");
        may_read.recv().expect("the test");
        let mut pongs = 0;
        while socket.read().expect("a client").is_pong() {
            pongs += 1;
        }
        told.send(pongs).expect("the test");
    });
    let mut client = client(&stage, &[format!("ws://{address}")])?;
    client.out.wait_for("hola")?;
    // Behind the pongs.
    client.type_in("salir\n")?;
    reads.send(()).expect("the server");
    let pongs = answered.recv().expect("the server");
    // The system keeps some megabytes of them.
    assert!((1..PINGS / 2).contains(&pongs), "{pongs} pongs");
    client.expect_exit(0)
}
