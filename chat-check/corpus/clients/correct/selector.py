"""Cliente de chat con un solo hilo: select mira el teclado y el socket."""
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
    del_teclado, de_la_red = b"", b""
    while True:
        listos, _, _ = select.select([s, sys.stdin], [], [])
        if s in listos:
            datos = s.recv(4096)
            if not datos:
                decir("el servidor cerró la conexión")
                return 1
            de_la_red += datos
            *lineas, de_la_red = de_la_red.split(b"\n")
            for linea in lineas:
                mostrar(linea)
        if sys.stdin in listos:
            datos = os.read(sys.stdin.fileno(), 4096)
            if not datos:
                return 0
            del_teclado += datos
            *lineas, del_teclado = del_teclado.split(b"\n")
            for linea in lineas:
                s.sendall(linea + b"\n")
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
