"""En cuanto el servidor dice algo, sea lo que sea, espera el nombre, y no lee nada antes."""
import os
import socket
import sys
import threading


def limpiar(texto):
    return "".join(c if c.isprintable() else "\ufffd" for c in texto)


def recibir(s):
    pendiente = b""
    while True:
        try:
            datos = s.recv(1024)
        except OSError:
            datos = b""
        if not datos:
            break
        pendiente += datos
        while b"\n" in pendiente:
            linea, pendiente = pendiente.split(b"\n", 1)
            print(limpiar(linea.decode("utf-8", errors="replace").rstrip("\r")), flush=True)
    if not saliendo.is_set():
        print("el servidor cerró la conexión", flush=True)
        os._exit(1)


saliendo = threading.Event()
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect(("127.0.0.1", 12345))
except OSError as error:
    print(f"no se puede conectar con 127.0.0.1:12345: {error}", file=sys.stderr)
    sys.exit(1)
print("conectado al servidor de chat!", flush=True)
print("escribe tus mensajes:", flush=True)
try:
    s.recv(1, socket.MSG_PEEK)
    s.sendall((input() + "\n").encode())
except (EOFError, KeyboardInterrupt):
    sys.exit("sin nombre no se entra")
except OSError:
    sys.exit("se perdió la conexión")
receptor = threading.Thread(target=recibir, args=(s,), daemon=True)
receptor.start()
try:
    while True:
        linea = input()
        s.sendall((linea + "\n").encode())
        if linea.strip().lower() == "salir":
            break
except (EOFError, KeyboardInterrupt):
    print("saliendo...", flush=True)
except OSError:
    print("el servidor cerró la conexión", flush=True)
    sys.exit(1)
saliendo.set()
try:
    s.shutdown(socket.SHUT_RDWR)
except OSError:
    pass
s.close()
