# chat-check: --profile sala
"""Cliente con apodo: lo pide antes de conectarse y contesta a NICK. Sin fin de línea."""
import os
import socket
import sys
import threading

apodo = input("Elegí tu apodo: ")
cliente = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    cliente.connect(("127.0.0.1", 12345))
except OSError as error:
    print("Error:", error)
    sys.exit(1)
print("Conectado", flush=True)


def recibir():
    while True:
        try:
            datos = cliente.recv(2048)
        except OSError:
            datos = b""
        if not datos:
            print("El servidor se fue", flush=True)
            os._exit(1)
        mensaje = datos.decode("utf-8", errors="replace")
        if mensaje == "NICK":
            cliente.sendall(apodo.encode())
        else:
            print("".join(c if c.isprintable() else "\ufffd" for c in mensaje), flush=True)


def escribir():
    while True:
        texto = input("")
        if texto.strip().lower() == "salir":
            return
        cliente.sendall(f"{apodo}: {texto}".encode())


threading.Thread(target=recibir, daemon=True).start()
try:
    escribir()
except (EOFError, KeyboardInterrupt):
    pass
except OSError:
    sys.exit(1)
