import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

export interface Traffic {
  requests: number;
  /** Of HTTP as it was on the wire, both ways. */
  bytes: number;
}

/** Counts what every HTTP server of this process is asked from now on. */
export function countTraffic(): () => Traffic {
  const open = new Set<Socket>();
  let requests = 0;
  let ofClosed = 0;
  const sizeOf = (socket: Socket) => socket.bytesRead + socket.bytesWritten;
  subscribe("http.server.request.start", (message) => {
    const { socket } = message as { socket: Socket };
    requests += 1;
    if (open.has(socket)) return;
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      ofClosed += sizeOf(socket);
    });
  });
  return () => ({ requests, bytes: [...open].reduce((sum, socket) => sum + sizeOf(socket), ofClosed) });
}
