//! Conventions of courses' chats: usual ports, name keywords and words to leave.

/// Ports on which servers of courses listen, besides the port of this one.
pub(super) const PORTS: [u16; 34] = [
    1024, 1234, 2000, 2222, 3000, 3333, 4000, 4444, 5000, 5001, 5050, 5555, 6000, 6666, 6667, 6789,
    7000, 7777, 8000, 8001, 8080, 8081, 8888, 9000, 9001, 9090, 9999, 10000, 12000, 20000, 33000,
    50000, 55555, 65432,
];

/// Keywords with which servers ask for a name.
pub(super) const KEYWORDS: [&str; 10] = [
    "nombre del cliente",
    "NICK",
    "nombre",
    "NOMBRE",
    "NAME",
    "name",
    "USERNAME",
    "nickname",
    "usuario",
    "apodo",
];

/// Words other than `salir` with which users leave.
pub(super) const LEAVE: [&str; 9] =
    ["/salir", "exit", "/exit", "quit", "/quit", "adios", "chau", "bye", "fin"];
