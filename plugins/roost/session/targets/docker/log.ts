const headerBytes = 8;

/**
 * What a container without a terminal prints, as it printed it: the daemon sends it in frames of eight bytes (one for
 * the stream, three of nothing, four for the length) and as many of text.
 */
export async function* unframe(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of frames) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield rest.subarray(headerBytes, end);
      rest = rest.subarray(end);
    }
  }
}

/** Objects that come one a line. A line that is none is left out. */
export async function* readJsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Record<string, unknown>> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as Record<string, unknown>;
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as Record<string, unknown>;
}
