# chat-check: --profile practico --idle 4s
"""Falta: hablan por turnos, primero el cliente; los mensajes no tienen fin."""
import signal
import socket
import sys

PLAZO = 4.0


def contestar(conexion, direccion):
    while True:
        try:
            texto = conexion.recv(4096).decode("utf-8", "replace").strip()
        except socket.timeout:
            print(f"cliente {direccion} inactivo", flush=True)
            conexion.sendall("* conexión cerrada por inactividad".encode())
            return
        if not texto or texto.lower() == "salir":
            return
        print(f"cliente: {texto}", flush=True)
        conexion.sendall(("Servidor > " + sys.stdin.readline().rstrip()).encode())


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    servidor = socket.socket()
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        servidor.bind(("127.0.0.1", 12345))
    except OSError as error:
        sys.exit(f"no se puede escuchar: {error}")
    servidor.listen()
    print("servidor iniciado en 127.0.0.1:12345, esperando clientes...", flush=True)
    while True:
        conexion, direccion = servidor.accept()
        direccion = "%s:%d" % direccion
        conexion.settimeout(PLAZO)
        print(f"nuevo cliente conectado: {direccion}", flush=True)
        try:
            conexion.sendall("bienvenido al chat! escribe 'salir' para salir".encode())
            contestar(conexion, direccion)
        except OSError:
            pass
        conexion.close()
        print(f"cliente {direccion} desconectado", flush=True)


try:
    main()
except KeyboardInterrupt:
    print("cerrando servidor...", flush=True)
