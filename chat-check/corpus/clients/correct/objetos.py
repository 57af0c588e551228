"""Envía objetos JSON, y limpia la pantalla antes de mostrar lo último que llegó."""
import json
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
            ultimas.append(limpiar(linea.decode("utf-8", errors="replace").rstrip("\r")))
            print("\x1b[H\x1b[2J" + "\n".join(ultimas[-20:]), flush=True)
    if not saliendo.is_set():
        print("el servidor cerró la conexión", flush=True)
        os._exit(1)


ultimas = []
saliendo = threading.Event()
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    s.connect(("127.0.0.1", 12345))
except OSError as error:
    print(f"no se puede conectar con 127.0.0.1:12345: {error}", file=sys.stderr)
    sys.exit(1)
print("conectado al servidor de chat!", flush=True)
print("escribe tus mensajes:", flush=True)
receptor = threading.Thread(target=recibir, args=(s,), daemon=True)
receptor.start()
try:
    while True:
        linea = input()
        s.sendall((json.dumps({"texto": linea}) + "\n").encode())
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
