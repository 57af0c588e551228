"""Con select sobre el teclado y el socket, como en muchos tutoriales."""
import codecs
import select
import socket
import sys


def limpiar(texto):
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in texto)


def main():
    try:
        s = socket.create_connection(("127.0.0.1", 12345))
    except OSError as error:
        sys.exit(f"no se puede conectar con 127.0.0.1:12345: {error}")
    lector = codecs.getincrementaldecoder("utf-8")(errors="replace")
    print("conectado al servidor, escribe tus mensajes", flush=True)
    while True:
        for fuente in select.select([sys.stdin, s], [], [])[0]:
            if fuente is s:
                datos = s.recv(65536)
                if not datos:
                    sys.exit("el servidor cerró la conexión")
                print(limpiar(lector.decode(datos)), end="", flush=True)
            else:
                linea = sys.stdin.readline()
                if not linea or linea.strip().lower() == "salir":
                    if linea:
                        s.sendall(linea.encode())
                    s.shutdown(socket.SHUT_RDWR)
                    return
                s.sendall(linea.encode())


try:
    main()
except KeyboardInterrupt:
    print("saliendo...", flush=True)
except OSError as error:
    sys.exit(f"se perdió la conexión con el servidor: {error}")
