// One worker by default: suites that start real servers or the engine share two cores.
export default {
  testEnvironment: "node",
  // As packs of users find it: see policies/example.
  moduleNameMapper: { "^roost/(.*)$": "<rootDir>/$1" },
  extensionsToTreatAsEsm: [".ts"],
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          target: "es2023",
          parser: { syntax: "typescript" },
          experimental: { keepImportAttributes: true },
        },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  maxWorkers: 2,
  workerIdleMemoryLimit: "512MB",
  globalSetup: "<rootDir>/test/support/setup.js",
  globalTeardown: "<rootDir>/test/support/teardown.js",
  testTimeout: 30_000,
};
