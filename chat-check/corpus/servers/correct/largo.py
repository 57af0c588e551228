"""Servidor de chat con asyncio; antes de cada mensaje van dos bytes con su largo."""
import asyncio

conectados = {}


def empaquetar(texto):
    datos = texto.encode("utf-8")[:65535]
    return len(datos).to_bytes(2, "big") + datos


async def recibir(lector):
    largo = int.from_bytes(await lector.readexactly(2), "big")
    return (await lector.readexactly(largo)).decode("utf-8", "replace")


async def atender(lector, escritor):
    ip, puerto = escritor.get_extra_info("peername")
    print(f"nuevo cliente conectado: {ip}:{puerto}", flush=True)
    escritor.write(empaquetar("bienvenido al chat! escribe 'salir' para salir"))
    conectados[puerto] = escritor
    try:
        while True:
            texto = await recibir(lector)
            if texto.strip().lower() == "salir":
                break
            if not texto:
                continue
            print(f"cliente {ip}:{puerto}: {texto}", flush=True)
            for otro, salida in conectados.items():
                if otro != puerto:
                    salida.write(empaquetar(f"usuario {puerto}: {texto}"))
    except (OSError, asyncio.IncompleteReadError):
        pass
    del conectados[puerto]
    escritor.close()
    print(f"cliente {ip}:{puerto} desconectado", flush=True)


async def main():
    servidor = await asyncio.start_server(atender, "127.0.0.1", 12345)
    print("servidor de chat iniciado en 127.0.0.1:12345", flush=True)
    print("esperando clientes...", flush=True)
    await servidor.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
