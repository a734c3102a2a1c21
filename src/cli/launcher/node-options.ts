/**
 * How Node runs a role. What is in the image says the same (Dockerfile).
 * - A small nursery: what is under way lives longer than any, and a large one only holds more memory, no faster.
 * - Messages lie outside V8's heap. By itself V8 collects the whole heap for each 64 MiB of them, several times a second at
 *   load; counted as a part of the heap they have it collected once all together has doubled.
 * - What handles one message at a time runs some hundred times a second, too seldom for V8 to compile it soon: half of a server's
 *   main thread goes to unoptimised code in its first minutes. All is compiled at its first call, and optimised after a quarter to
 *   a third of the usual number of calls; after fewer still, an idle process would only compile.
 */
export const ROLE_OPTIONS = [
  '--max-semi-space-size=8',
  '--external-memory-accounted-in-global-limit',
  '--heap-growing-percent=100',
  '--always-sparkplug',
  '--no-lazy-feedback-allocation',
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
] as const
