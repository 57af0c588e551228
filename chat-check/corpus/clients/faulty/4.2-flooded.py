"""Un solo hilo: mientras haya algo que leer del servidor, no mira el teclado."""
import os
import select
import socket
import sys


def decir(texto):
    print(texto, flush=True)


def mostrar(linea):
    texto = linea.decode("utf-8", errors="replace").rstrip("\r")
    decir("".join(c if c.isprintable() else "\ufffd" for c in texto))


def conversar(s):
    pendiente = b""
    while True:
        select.select([s, sys.stdin], [], [])
        while select.select([s], [], [], 0)[0]:
            datos = s.recv(4096)
            if not datos:
                decir("el servidor cerró la conexión")
                return 1
            *lineas, pendiente = (pendiente + datos).split(b"\n")
            for linea in lineas:
                mostrar(linea)
        if sys.stdin in select.select([sys.stdin], [], [], 0)[0]:
            escrito = os.read(sys.stdin.fileno(), 4096)
            if not escrito:
                return 0
            for linea in escrito.splitlines(keepends=True):
                s.sendall(linea)
                if linea.strip().lower() == b"salir":
                    return 0


def main():
    try:
        s = socket.create_connection(("127.0.0.1", 12345))
    except OSError as error:
        print(f"127.0.0.1:12345: {error}", file=sys.stderr)
        return 1
    decir("conectado al servidor de chat!")
    decir("escribe tus mensajes:")
    with s:
        try:
            return conversar(s)
        except KeyboardInterrupt:
            decir("saliendo...")
            return 0
        except OSError:
            decir("se perdió la conexión")
            return 1


sys.exit(main())
