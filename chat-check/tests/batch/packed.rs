//! Submissions as they come: in archives, and with Makefiles.

use std::fs;

use crate::{Class, is_installed, server};

/// A zip archive with one file in it, stored as it is.
fn zipped(name: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn zip_archives_are_opened() {
    let moodle = "Pérez Ana_12345_assignsubmission_file_";
    let class = Class::of(&[(&format!("{moodle}/léeme.txt"), "")]);
    let good = zipped("tp/servidor.py", &server(false, ""));
    let put = |name: &str, bytes: &[u8]| fs::write(class.submissions.path().join(name), bytes);
    put(&format!("{moodle}/tp final.ZIP"), &good).unwrap();
    put("López.zip", &good).unwrap();
    put("mala.zip", &zipped("../../servidor.py", "")).unwrap();
    class.run(&[]);
    for name in [moodle, "López.zip"] {
        class.assert_good(name);
        assert!(fs::metadata(class.submissions.path().join(name)).is_ok());
    }
    let remarks = class.report("mala.zip")["parts"][0]["remarks"].to_string();
    assert!(remarks.contains("mala.zip was not opened: it would lead outside"), "{remarks}");
    // Nothing is unpacked in the submission itself.
    assert_eq!(fs::read_dir(class.submissions.path().join(moodle)).unwrap().count(), 2);
}

#[test]
fn what_a_makefile_made_is_started() {
    if !is_installed("make") || !is_installed("gcc") {
        chat_drive::skip("make or gcc is not installed");
        return;
    }
    let says = |what: &str| format!("#include <stdio.h>\nint main(void) {{ puts(\"{what}\"); }}\n");
    let makefile = "all: server client\nserver: chat_server.c\n\tgcc -o server chat_server.c\n\
                    client: chat_client.c\n\tmkdir -p build\n\tgcc -o build/client chat_client.c\n";
    let class = Class::of(&[
        ("c/Makefile", makefile),
        ("c/chat_server.c", &says("soy el servidor")),
        ("c/chat_client.c", &says("soy el cliente")),
        // Made elsewhere, and of no use here.
        ("c/server", "no es un programa"),
        // The names of these programs say nothing: their sources' do.
        ("d/Makefile", &makefile.replace("o server", "o chatd").replace("build/client", "build/x")),
        ("d/chat_server.c", &says("soy el servidor")),
        ("d/chat_client.c", &says("soy el cliente")),
        ("e/Makefile", "all: server\nserver: server.c\n\techo listo\n"),
        ("e/server.c", &says("soy el servidor")),
    ]);
    class.run(&[]);
    for (name, part, program, printed) in [
        ("c", 0, "./server", "soy el servidor"),
        ("c", 1, "./build/client", "soy el cliente"),
        ("d", 0, "./chatd", "soy el servidor"),
        ("d", 1, "./build/x", "soy el cliente"),
    ] {
        let part = &class.report(name)["parts"][part];
        assert_eq!(part["command"], program);
        let said = part["not_started"].to_string();
        assert!(said.contains(printed), "{said}");
    }
    // Nothing was made: that is not a program that fails.
    let part = &class.report("e")["parts"][0];
    assert!(part["remarks"].to_string().contains("which of its programs"), "{part}");
    assert!(part["not_started"].is_null(), "{part}");
}
