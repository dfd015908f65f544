// Prints how many seconds the import of the library takes in a process that has imported nothing yet.

const start = performance.now();
await import("../../components/index.ts");
process.stdout.write(String((performance.now() - start) / 1000));
