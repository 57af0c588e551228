//! Submissions: the programs of the batch tests.

/// A correct server.
pub(crate) const SERVER: &str = r"
import os, socket, threading, time
clientes, cerrojo = [], threading.Lock()
def atender(c):
    try:
        while True:
            datos = c.recv(4096)
            if not datos or datos.strip() == b'salir': break
            with cerrojo: otros = [o for o in clientes if ECO or o is not c]
            for o in otros:
                try: o.sendall(datos)
                except OSError: pass
    except OSError: pass
    with cerrojo: clientes.remove(c)
    c.close()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', 12345)); s.listen()
while True:
    c, _ = s.accept()
    c.sendall(b'bienvenido\n')
    with cerrojo: clientes.append(c)
    threading.Thread(target=atender, args=(c,), daemon=True).start()
";

/// A program that neither listens nor ends, for a minute and a half.
pub(crate) const HANGS: &str = "import time\ntime.sleep(90)\n";

/// A good server that also prints without an end, for a minute at most.
pub(crate) const FLOODS: &str = r"
import os, threading, time
def inundar():
    fin = time.monotonic() + 60
    while time.monotonic() < fin: os.write(1, b'ruido\n' * 9000)
threading.Thread(target=inundar, daemon=True).start()
";

/// A fork bomb: at most a thousand processes, for half a minute.
pub(crate) const FORKS: &str = "import os, time\nfor _ in range(10): os.fork()\ntime.sleep(30)\n";

/// A good server in two files, and in a package.
pub(crate) const JAVA: &str = r#"
package red;
import java.io.*; import java.net.*; import java.util.*; import java.util.concurrent.*;
public class Servidor {
    static final List<Socket> clientes = new CopyOnWriteArrayList<>();
    public static void main(String[] args) throws IOException {
        ServerSocket servidor = new ServerSocket(12345);
        while (true) {
            Socket cliente = servidor.accept();
            cliente.getOutputStream().write("¡hola!\n".getBytes("UTF-8"));
            clientes.add(cliente);
            new Thread(() -> atender(cliente)).start();
        }
    }
    static void atender(Socket cliente) {
        byte[] datos = new byte[4096];
        try {
            for (int n; (n = cliente.getInputStream().read(datos)) > 0; )
                for (Socket otro : clientes)
                    if (otro != cliente) Otro.enviar(otro, datos, n);
        } catch (IOException e) {}
        clientes.remove(cliente);
        try { cliente.close(); } catch (IOException e) {}
    }
}
"#;

pub(crate) const JAVA_OTHER: &str = r"
package red;
import java.io.*; import java.net.*;
class Otro {
    static void enviar(Socket otro, byte[] datos, int n) {
        try { otro.getOutputStream().write(datos, 0, n); } catch (IOException e) {}
    }
}
";

/// A good server in a crate.
pub(crate) const RUST: &str = r#"
use std::{io::{Read, Write}, net::{TcpListener, TcpStream}, sync::{Arc, Mutex}, thread};
type Clients = Arc<Mutex<Vec<TcpStream>>>;
fn main() {
    let (clients, listener) = (Clients::default(), TcpListener::bind("127.0.0.1:12345").unwrap());
    for client in listener.incoming().flatten() {
        (&client).write_all("hola\n".as_bytes()).unwrap();
        clients.lock().unwrap().push(client.try_clone().unwrap());
        let clients = Clients::clone(&clients);
        thread::spawn(move || serve(client, &clients));
    }
}
fn serve(mut client: TcpStream, clients: &Clients) {
    let (own, mut bytes) = (client.peer_addr().unwrap(), [0; 4096]);
    let is_own = |other: &TcpStream| other.peer_addr().is_ok_and(|address| address == own);
    while let Ok(n @ 1..) = client.read(&mut bytes) {
        if bytes[..n].trim_ascii() == b"salir" { break }
        for other in clients.lock().unwrap().iter_mut().filter(|other| !is_own(other)) {
            let _ = other.write_all(&bytes[..n]);
        }
    }
    clients.lock().unwrap().retain(|other| other.peer_addr().is_ok_and(|address| address != own));
    let _ = client.shutdown(std::net::Shutdown::Both);
}
"#;
