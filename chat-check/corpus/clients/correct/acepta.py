"""Cliente que, ya conectado, pide el nombre hasta que su servidor contesta «OK»."""
import os
import socket
import sys
import threading

try:
    s = socket.create_connection(("127.0.0.1", 12345))
except OSError as error:
    sys.exit(f"127.0.0.1:12345: {error}")
entrada = s.makefile("rb")
print("conectado al servidor de chat!", flush=True)


def adios():
    print("el servidor cerró la conexión", flush=True)
    os._exit(1)


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r\n")
    return "".join(c if c.isprintable() else "\ufffd" for c in texto)


def enviar(texto):
    s.sendall((texto + "\n").encode())


def recibir():
    try:
        for linea in entrada:
            print(limpiar(linea), flush=True)
    except OSError:
        pass
    adios()


def entrar():
    while True:
        enviar(input("Usuario: "))
        respuesta = entrada.readline()
        if not respuesta:
            adios()
        if limpiar(respuesta) == "OK":
            return
        print("Ese nombre no vale o ya está en uso", flush=True)


try:
    entrar()
    threading.Thread(target=recibir, daemon=True).start()
    for linea in sys.stdin:
        enviar(linea.rstrip("\n"))
        if linea.strip().lower() == "salir":
            break
except (EOFError, KeyboardInterrupt):
    pass
except OSError:
    sys.exit(1)
