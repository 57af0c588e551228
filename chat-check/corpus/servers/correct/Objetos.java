// Los mensajes son objetos de Java serializados: solo otro programa de Java los entiende.
import java.io.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;

public class Objetos {
    static final Map<Socket, ObjectOutputStream> clientes = new ConcurrentHashMap<>();

    static void difundir(Object mensaje, Socket autor) {
        clientes.forEach((otro, salida) -> {
            if (otro == autor) return;
            try {
                synchronized (salida) { salida.writeObject(mensaje); salida.flush(); }
            } catch (IOException e) {
                clientes.remove(otro);
            }
        });
    }

    static void atender(Socket s) {
        String quien = s.getInetAddress().getHostAddress() + ":" + s.getPort();
        System.out.println("nuevo cliente conectado: " + quien);
        try (s) {
            ObjectOutputStream salida = new ObjectOutputStream(s.getOutputStream());
            salida.flush();
            ObjectInputStream entrada = new ObjectInputStream(s.getInputStream());
            clientes.put(s, salida);
            while (true) difundir(entrada.readObject(), s);
        } catch (IOException | ClassNotFoundException e) {
            // Se fue, o envía otra cosa.
        } finally {
            clientes.remove(s);
            System.out.println("cliente " + quien + " desconectado");
        }
    }

    public static void main(String[] args) throws IOException {
        ServerSocket servidor = new ServerSocket(12345);
        System.out.println("servidor iniciado en 127.0.0.1:12345, esperando clientes...");
        while (true) {
            Socket s = servidor.accept();
            Thread hilo = new Thread(() -> atender(s));
            hilo.setDaemon(true);
            hilo.start();
        }
    }
}
