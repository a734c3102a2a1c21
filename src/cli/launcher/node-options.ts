/**
 * How Node runs a role. What is in the image says the same (Dockerfile).
 * - A small nursery: what is under way lives longer than any, and a large one only holds more memory, no faster.
 * - Messages lie outside V8's heap. By itself V8 collects the whole heap for each 64 MiB of them, several times a second at
 *   load; counted as a part of the heap they have it collected once all together has doubled.
 */
export const ROLE_OPTIONS = [
  '--max-semi-space-size=8',
  '--external-memory-accounted-in-global-limit',
  '--heap-growing-percent=100',
] as const
