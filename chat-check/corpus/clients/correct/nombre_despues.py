"""Se conecta, y solo entonces pregunta el nombre, que va delante de cada mensaje."""
import os
import socket
import sys
import threading


def recibir(s):
    pendiente = b""
    while True:
        try:
            datos = s.recv(4096)
        except OSError:
            datos = b""
        if not datos:
            break
        *lineas, pendiente = (pendiente + datos).split(b"\n")
        for linea in lineas:
            texto = linea.decode(errors="replace").rstrip("\r")
            print("".join(c if c.isprintable() else "\ufffd" for c in texto), flush=True)
    if not saliendo.is_set():
        print("se perdió la conexión con el servidor", flush=True)
        os._exit(1)


saliendo = threading.Event()
try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"no hay servidor en 127.0.0.1:12345: {error}")
print("Ya hay conexión; con «salir» se deja el chat.")
threading.Thread(target=recibir, args=(s,), daemon=True).start()
try:
    nombre = input("¿Cómo te llamas? ")
    while (linea := input()).strip().lower() != "salir":
        s.sendall(f"{nombre} dice: {linea}\n".encode())
    s.sendall(b"salir\n")
except (EOFError, KeyboardInterrupt):
    print("hasta luego")
except OSError:
    sys.exit("se perdió la conexión con el servidor")
saliendo.set()
try:
    s.shutdown(socket.SHUT_RDWR)
except OSError:
    pass
