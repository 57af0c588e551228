"""Delante de cada mensaje va su largo en diez cifras; de otros llega antes su nombre, igual."""
import os
import socket
import sys
import threading


def limpiar(texto):
    return "".join(c if c.isprintable() else "\ufffd" for c in texto)


def codificar(texto):
    datos = texto.encode()
    return f"{len(datos):<10}".encode() + datos


def leer(archivo):
    largo = archivo.read(10)
    return limpiar(archivo.read(int(largo)).decode("utf-8", errors="replace")) if largo else None


def recibir(s):
    archivo = s.makefile("rb")
    try:
        while (nombre := leer(archivo)) is not None and (texto := leer(archivo)) is not None:
            print(f"{nombre} > {texto}", flush=True)
    except (OSError, ValueError):
        pass
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
nombre = input("Tu nombre: ")
s.sendall(codificar(nombre))
receptor = threading.Thread(target=recibir, args=(s,), daemon=True)
receptor.start()
try:
    while True:
        linea = input()
        s.sendall(codificar(linea))
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
