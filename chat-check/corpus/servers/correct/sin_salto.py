"""No saluda, y reenvía solo el texto: nunca envía un fin de línea."""
import queue
import socket
import threading

HOST = "127.0.0.1"
PORT = 12345

clientes = {}
candado = threading.Lock()


def enviar(conn, cola):
    try:
        while True:
            mensaje = cola.get()
            if mensaje is None:
                break
            conn.sendall(mensaje.encode())
    except OSError:
        pass
    conn.close()


def manejar_cliente(conn, addr):
    print(f"nuevo cliente conectado: {addr[0]}:{addr[1]}", flush=True)
    cola = queue.Queue()
    with candado:
        clientes[conn] = cola
    threading.Thread(target=enviar, args=(conn, cola), daemon=True).start()
    while True:
        try:
            datos = conn.recv(1024)
        except OSError:
            break
        if not datos:
            break
        mensaje = datos.decode("utf-8", errors="replace").strip()
        if not mensaje:
            continue
        if mensaje.lower() == "salir":
            break
        print(f"cliente {addr[0]}:{addr[1]}: {mensaje}", flush=True)
        with candado:
            for otro in clientes:
                if otro != conn:
                    clientes[otro].put(mensaje)
    with candado:
        del clientes[conn]
    cola.put(None)
    print(f"cliente {addr[0]}:{addr[1]} desconectado", flush=True)


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, PORT))
s.listen(5)
print(f"servidor de chat iniciado en {HOST}:{PORT}", flush=True)
print("esperando clientes...", flush=True)
while True:
    conn, addr = s.accept()
    threading.Thread(target=manejar_cliente, args=(conn, addr), daemon=True).start()
