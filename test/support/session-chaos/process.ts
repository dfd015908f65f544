/** A server, or a worker, whose kill points are live. */
import "./hooks.ts";

await import("../server-process.ts");
