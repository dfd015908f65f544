// Prints how many seconds the import of a module takes in a process that has imported nothing yet.

const start = performance.now();
await import(process.argv[2]!);
process.stdout.write(String((performance.now() - start) / 1000));
