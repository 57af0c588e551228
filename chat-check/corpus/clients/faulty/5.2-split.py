# chat-check: --profile sala
"""Busca la palabra clave en cada `recv`, y no en las líneas."""
import os
import queue
import socket
import sys
import threading

CLAVE = "nombre del cliente"


def leer(s, pedido):
    pendiente = b""
    try:
        while datos := s.recv(4096):
            if CLAVE.encode() in datos:
                print("tu nombre: ", end="", flush=True)
                pedido.put(True)
            *lineas, pendiente = (pendiente + datos).split(b"\n")
            for linea in lineas:
                texto = linea.decode("utf-8", "replace").rstrip("\r")
                if texto.strip() != CLAVE:
                    print("".join(c if c.isprintable() else "\ufffd" for c in texto), flush=True)
    except OSError:
        pass
    print("el servidor cerró la conexión", flush=True)
    os._exit(1)


def main():
    try:
        s = socket.create_connection(("localhost", 12345))
    except OSError as error:
        sys.exit(f"localhost:12345: {error}")
    print("conectado al servidor de chat!", flush=True)
    pedido = queue.Queue()
    threading.Thread(target=leer, args=(s, pedido), daemon=True).start()
    try:
        pedido.get(timeout=20)
    except queue.Empty:
        print("el servidor no pidió el nombre", flush=True)
        os._exit(1)
    try:
        for linea in sys.stdin:
            s.sendall(linea.rstrip("\n").encode() + b"\n")
            if linea.strip().lower() == "salir":
                break
    except KeyboardInterrupt:
        print("saliendo...", flush=True)
    except OSError:
        sys.exit("el servidor cerró la conexión")
    sys.stdout.flush()
    s.close()
    os._exit(0)


main()
