"""Cliente de chat con asyncio."""
import asyncio
import sys


def limpio(datos):
    texto = datos.decode("utf-8", errors="replace").rstrip("\r\n")
    return "".join(c if c.isprintable() else "\ufffd" for c in texto)


async def recibir(lector):
    while linea := await lector.readline():
        print(limpio(linea), flush=True)


async def escribir(teclado, escritor):
    while linea := await teclado.readline():
        escritor.write(linea.rstrip(b"\r\n") + b"\n")
        await escritor.drain()
        if linea.strip().lower() == b"salir":
            return


async def main():
    try:
        lector, escritor = await asyncio.open_connection("127.0.0.1", 12345, limit=1 << 20)
    except OSError as error:
        print(f"no hay servidor: {error}", file=sys.stderr)
        return 1
    print("conectado al servidor de chat!", flush=True)
    print("escribe tus mensajes:", flush=True)
    teclado = asyncio.StreamReader()
    bucle = asyncio.get_running_loop()
    await bucle.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(teclado), sys.stdin)
    tareas = [asyncio.create_task(recibir(lector)), asyncio.create_task(escribir(teclado, escritor))]
    try:
        await asyncio.wait(tareas, return_when=asyncio.FIRST_COMPLETED)
        estado = 0
        if tareas[0].done():
            tareas[0].exception()
            print("el servidor cerró la conexión", flush=True)
            estado = 1
        for tarea in tareas:
            tarea.cancel()
        await asyncio.gather(*tareas, return_exceptions=True)
    finally:
        escritor.close()
    try:
        await escritor.wait_closed()
    except OSError:
        pass
    return estado


try:
    sys.exit(asyncio.run(main()))
except KeyboardInterrupt:
    print("saliendo...", flush=True)
